// The C side of FusionKit: what needs threads, instruction sets or registers.
#ifndef C_FUSION_KERNELS_H
#define C_FUSION_KERNELS_H

#include "convolution_stack.h"
#include "allocation_counter.h"
#include "mapping.h"
#include "memory.h"
#include "peak.h"
#include "pool.h"
#include "rows.h"
#include "shape_pass.h"
#include "square_root.h"

#endif
