// All kernels of one instruction set: included once for each, under its target attribute. No include guard.
//
// TILE_VECTORS, 12 or 24: sums that stay in registers where the number is free; ADD_PRODUCT(sum, a, b): sum += a · b.
#include "lanes.h"
#include "winograd.h"
#include "vectors.h"

typedef int8_t vb __attribute__((ext_vector_type(8)));

// Pixels side by side on the general path, of GROUP channels.
#define TILE_COLUMNS (TILE_VECTORS / GROUP)

#define UNROLL _Pragma("clang loop unroll(full)")
#define NO_UNROLL _Pragma("clang loop unroll(disable)")

// NaN stays NaN, so that a training run which diverges shows it.
INLINE vf rectified(vf x) { return 0 > x ? zeros() : x; }

// One for lanes that hold a sample, zero for the others.
INLINE vf live_lanes(int live) {
  const vi lane = {0, 1, 2, 3, 4, 5, 6, 7};
  return lane < (vi)(live) ? (vf)(1) : zeros();
}

#include "lanes_layout.h"
#include "lanes_pack.h"
#include "lanes_same.h"
#include "channels_same.h"
#include "lanes_general.h"
#include "lanes_tail.h"
#include "lanes_weights.h"
#include "lanes_input.h"

const lanes_kernels KERNELS = {
    .name = KERNELS_NAME,
    .load = load,
    .store = store,
    .pack = pack,
    .convolve_same = convolve_same,
    .convolve = convolve,
    .convolve_channels = convolve_channels,
    .relu = relu,
    .mask = mask,
    .pool_gradient = pool_gradient,
    .scatter_to_max = scatter_to_max,
    .input_products = input_products,
    .moments = moments,
    .draw_dropout = draw_dropout,
    .tail = tail,
    .tail_gradient = tail_gradient,
    .norm_gradient = norm_gradient,
    .weight_channels_3 = WEIGHT_CHANNELS_3,
    .weight_channels_5 = WEIGHT_CHANNELS_5,
    .weights_same = weights_same,
    .give_taps = give_taps,
    .weights_tap_row = weights_tap_row,
    .add_lanes = add_lanes,
};
