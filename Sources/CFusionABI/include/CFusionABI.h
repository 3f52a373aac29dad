// The handshake with plugins that are loaded at run time.
//
// A Swift library is bound to the compiler and to every layout of the modules it was compiled against: called by
// another core, it crashes. So the first words are exchanged in C, whose layouts never change, and only when they agree
// does a Swift value cross.
#ifndef C_FUSION_ABI_H
#define C_FUSION_ABI_H

#include <stdint.h>

// Goes up when the struct below, or what `offer` is handed, changes.
#define FUSIONKIT_PLUGIN_ABI 2u

// What a library says about itself: the result of its function `fusionkit_plugin`.
typedef struct {
  // FUSIONKIT_PLUGIN_ABI as the library was built with; first in every version, and read before anything else.
  uint32_t abi;
  // The compiler that made it.
  const char *_Nullable compiler;
  // The fingerprint of the core it was compiled against.
  const char *_Nullable core;
  // The address of `fusionkit_core_marker` as the library sees it: that of the program, unless it holds a core of its own.
  const void *_Nullable marker;
  // Names its plugins to a `FusionCore.PluginOffer`, to which the argument points.
  void (*_Nullable offer)(void *_Nonnull plugin_offer);
  // The fingerprint of the module FusionData it was compiled against; null where it uses the core alone.
  const char *_Nullable data;
} fusionkit_plugin_handshake;

// `fusionkit_plugin`, the one symbol by which a library is known to be a plugin.
typedef const fusionkit_plugin_handshake *_Nullable (*fusionkit_plugin_function)(void);

// There is one core in a process. A library that defines this symbol carries another.
extern const char fusionkit_core_marker;

// The compiler of whoever includes this: emitted anew into each of them.
static inline const char *_Nonnull fusionkit_compiler(void) { return __VERSION__; }

// Where the marker of whoever includes this is.
static inline const void *_Nonnull fusionkit_marker_address(void) { return &fusionkit_core_marker; }

#endif
