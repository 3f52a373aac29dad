// Evaluation: how a batch is cut, and what its two ways share.
//
// Full blocks of eight samples go through the lanes' kernels. A few samples, alone or left over from the blocks, go one by
// one through kernels whose lanes are output channels. All units of a batch are one job of the pool: those that need the
// results of others wait for them.
#ifndef FK_STACK_EVALUATE_H
#define FK_STACK_EVALUATE_H

#include "progress.h"
#include "stack.h"

enum {
  // Up to so many samples go through the channels' kernels, where the stack is made for them: beyond, a block of eight
  // lanes, some of them idle, takes less time.
  FEW_SAMPLES = 4,
  // The last blocks are cut into parts, layer by layer, so that all threads end together. The others go whole, each
  // through all layers while it is in cache.
  CUT_BLOCKS = 3,
};

typedef struct {
  pass pass;
  int few;                // samples at the end that the channels' kernels take
  int whole, cut_blocks;  // blocks of eight
  long pack_units, cut_units, channels_units;
  progress *packed, *cut_done, *channels_done;  // one; [cut block][load, then layers]; [load, then layers]
  float *cut_images, *samples;
} evaluation;

// Floats that units share.
size_t fk_evaluation_need(const fk_stack *stack, long blocks);

// Whether every block is of the fused class.
int fk_has_channels_path(const fk_stack *stack);
size_t fk_channels_need(const fk_stack *stack);     // shared, zeroed once
size_t fk_channels_scratch(const fk_stack *stack);  // of one worker
long fk_channels_units(const fk_stack *stack);
void fk_channels_unit(const evaluation *e, long unit, int worker);

#endif
