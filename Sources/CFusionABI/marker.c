#include "CFusionABI.h"

const char fusionkit_core_marker = 1;
