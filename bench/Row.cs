using System;

namespace PSSharedMemory.Benchmarks;

/// <summary>A row of the table.</summary>
/// <param name="What">What was measured.</param>
/// <param name="Against">The reference, measured in the same run.</param>
/// <param name="Goal">The ratio that is wanted.</param>
/// <param name="IsFloor">Whether the goal is a least (bandwidth), and not a most (time).</param>
/// <param name="Run">Measures it. May throw <see cref="NotMeasurableException"/>.</param>
internal sealed record Row(string What, string Against, double Goal, bool IsFloor, Func<Ratio> Run)
{
    /// <summary>Whether a ratio reaches the goal.</summary>
    public bool IsReached(Ratio ratio) => IsFloor ? ratio.Median >= Goal : ratio.Median <= Goal;

    public string GoalText => IsFloor ? $"{Goal:0.##} or more" : $"{Goal:0.##} or less";
}

/// <summary>This machine lacks what the row needs.</summary>
internal sealed class NotMeasurableException(string reason) : Exception(reason);
