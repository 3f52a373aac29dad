// A stack of blocks: convolution, batch norm, activation, dropout, pooling; forward and backward.
//
// Inside, eight samples are interleaved in the innermost dimension, [channel][row][column][8], so that every SIMD lane is
// a sample: weights are broadcast, and no channel count or image width wastes a lane. Tensors outside are row-major,
// [N, C, H, W]; weights are laid out as in PyTorch, [out, in, K, K]. Results do not depend on the number of threads.
#ifndef FK_CONVOLUTION_STACK_H
#define FK_CONVOLUTION_STACK_H

#include <stddef.h>
#include <stdint.h>

#include "pool.h"

enum { FK_MAX_KERNEL = 31 };

typedef enum { FK_LINEAR, FK_RELU, FK_SIGMOID, FK_TANH } fk_activation;
typedef enum { FK_NO_POOL, FK_MAX_POOL, FK_AVERAGE_POOL } fk_pooling;

/// One block. Pooling takes whole windows only (floor), without padding.
typedef struct {
  int channels, kernel, stride, padding;
  int bias, normalise;
  fk_activation activation;
  float dropout;
  fk_pooling pooling;
  int pool_size, pool_stride;
} fk_block;

/// What runs a block.
typedef enum {
  FK_GENERAL,    ///< any kernel, stride and padding: gathers its inputs tap by tap
  FK_SAME_SIZE,  ///< 3x3 or 5x5 that keep the size of the image: the convolution by minimal filters
  FK_FUSED,      ///< with batch norm, ReLU and max pooling by two besides: all in one pass
} fk_path;
/// The path of a block whose input has `columns` columns.
fk_path fk_block_path(const fk_block *block, int columns);

/// The values of one block's parameters, or where their gradients go. NULL for what the block does not have; among
/// gradients also for what is not wanted. The running statistics are updated by fk_stack_forward.
typedef struct {
  float *weight, *bias;
  float *norm_weight, *norm_bias, *running_mean, *running_variance;
} fk_block_values;

typedef enum {
  FK_OK,
  FK_UNKNOWN_INSTRUCTIONS,      ///< no instruction set has this name
  FK_UNAVAILABLE_INSTRUCTIONS,  ///< this processor does not have them
  FK_BAD_SHAPE,                 ///< a block does not fit its input
  FK_NO_MEMORY,
} fk_status;

/// Whether kernels for the instruction set `name` (avx512, avx2, neon, plain) exist and run here. With NULL: what the
/// environment variable FUSIONKIT_ISA names, else the best this processor has. `chosen`, if not NULL, gets the name.
fk_status fk_instructions(const char *name, const char **chosen);

/// What does not change from batch to batch: shapes, and the kernels that run them.
typedef struct fk_stack fk_stack;
/// A stack for inputs of [channels, rows, columns]; `instructions` as in fk_instructions.
fk_status fk_stack_create(const fk_block *blocks, int count, int channels, int rows, int columns,
                          const char *instructions, fk_stack **stack);
void fk_stack_destroy(fk_stack *stack);
/// What one batch needs between forward and backward, and scratch memory.
typedef struct fk_workspace fk_workspace;
typedef enum { FK_EVALUATION, FK_TRAINING, FK_TRAINING_WITH_INPUT_GRADIENT } fk_purpose;
/// Memory for up to `samples` samples on up to `workers` threads. Where the system refuses it, the process ends as `fk_memory_refused` tells.
fk_workspace *fk_workspace_create(const fk_stack *stack, long samples, int workers, fk_purpose purpose);
void fk_workspace_destroy(fk_workspace *workspace);

/// Where the time of one layer goes: nanoseconds, summed over threads. Waiting for other threads is not in it.
typedef struct {
  int64_t forward;          ///< the convolution with what is fused into it
  int64_t finish;           ///< what follows it: activation, dropout, pooling
  int64_t input_gradient;
  int64_t weight_gradient;  ///< with the sums of the input that go into it
  int64_t rest;             ///< batch norm's coefficients, the way back through pooling, packing, layout
} fk_layer_times;
/// Has fk_stack_forward and fk_stack_backward add to `times`, one entry a layer, until called with NULL.
void fk_workspace_time(fk_workspace *workspace, fk_layer_times *times);

/// How a batch runs forward, if not for evaluation.
typedef struct {
  int use_running_statistics;  ///< batch norm as in evaluation, and no dropout; nothing is updated
  uint64_t random_key;         ///< of the dropout masks
} fk_forward_options;

/// x: [samples, C, H, W] to out; keeps in the workspace what the backward pass needs.
void fk_stack_forward(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const fk_block_values *values,
                      const float *x, long samples, fk_forward_options options, float *out);
/// From the gradient of the output of the last fk_stack_forward on this workspace to those of the parameters
/// (`gradients`, overwritten) and, where x_gradient is not NULL, of the input (the workspace must have been made for it). May be called once per forward:
/// it overwrites what it read. fk_stack_keep before and fk_stack_restore after it allow another call.
void fk_stack_backward(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const float *out_gradient,
                       const fk_block_values *gradients, float *x_gradient);
/// How many floats fk_stack_keep writes.
size_t fk_stack_kept(const fk_stack *stack, const fk_workspace *workspace);
/// Copies what fk_stack_backward is going to overwrite.
void fk_stack_keep(const fk_stack *stack, const fk_workspace *workspace, float *kept);
/// Brings it back: the workspace is as after its forward pass.
void fk_stack_restore(const fk_stack *stack, fk_workspace *workspace, const float *kept);
/// Evaluation: running statistics, no dropout, nothing kept; every block of eight samples runs through all layers.
void fk_stack_evaluate(const fk_stack *stack, fk_workspace *workspace, fk_pool *pool, const fk_block_values *values,
                       const float *x, long samples, float *out);

#endif
