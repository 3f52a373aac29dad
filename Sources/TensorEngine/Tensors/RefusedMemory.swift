import CFusionKernels

/// What becomes of a program that the system refuses memory.
public enum RefusedMemory {
  /// From now on, a trap or an abort of Swift's runtime that follows a refusal of memory, as for a large array, is a sentence
  /// on standard error and status 1; storages and kernels end like that by themselves.
  ///
  /// For programs, not for libraries, and to be called once: it stands before the process's handlers of these signals.
  public static func becomesAnError() { fk_explain_refused_memory() }
}
