import CFusionKernels

/// What becomes of a program that the system refuses memory.
public enum RefusedMemory {
  /// From now on, a trap or an abort of Swift's runtime that follows a refusal of memory, as for a large array, is a sentence
  /// on standard error and status 1; storages and kernels end like that by themselves.
  ///
  /// For programs, not for libraries: takes those signals of the process that nobody else has taken.
  public static func becomesAnError() { fk_explain_refused_memory() }
}
