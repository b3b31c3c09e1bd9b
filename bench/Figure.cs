using System;

namespace PSSharedMemory.Benchmarks;

/// <summary>A row with nothing to hold it against.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Unit">What the numbers are.</param>
/// <param name="Run">Measures it: the median, the least and the greatest.</param>
internal sealed record Figure(string What, string Unit, Func<(double Median, double Min, double Max)> Run);
