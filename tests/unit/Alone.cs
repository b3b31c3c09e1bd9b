using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>
/// Tests of what the whole process or host has, or that disturb others by it: descriptors, children with a copy of all
/// mappings, finalizers, budgets, signals, the time zone, listings. No other test runs beside them.
/// </summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
