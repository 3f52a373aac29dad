// A piece of code that may be given up: what checks a component's shapes before anything is allocated.
#ifndef FK_SHAPE_PASS_H
#define FK_SHAPE_PASS_H

#ifdef __cplusplus
extern "C" {
#endif

// How a pass ended.
enum {
  FK_PASS_DONE = 0,       // `body` returned
  FK_PASS_GIVEN_UP = -1,  // fk_pass_give_up() was called
  FK_PASS_REFUSED = -2    // the system starts no thread; `body` has not run
};

// Runs `body(context)` on a thread of its own, waits for it, and tells how it ended: one of the above, or the number of the
// signal that a trap in it raised (an index out of range, an overflow, an abort). Nothing that a thread holds that
// gave up or trapped is given back, and one that trapped stays parked to the end of the process: nobody can take its stack
// down safely.
int fk_pass_run(void (*body)(void *), void *context);

// The context of the pass that the calling thread runs; NULL outside one.
void *fk_pass_context(void);

// Ends the pass of the calling thread. Does not return.
_Noreturn void fk_pass_give_up(void);

#ifdef __cplusplus
}
#endif
#endif
