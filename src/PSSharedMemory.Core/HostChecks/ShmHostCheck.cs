namespace PSSharedMemory;

/// <summary>How a check of the host came out.</summary>
public enum ShmCheckResult : long
{
    /// <summary>As it should be.</summary>
    Pass,

    /// <summary>It works, but may fail or surprise later.</summary>
    Warning,

    /// <summary>Something does not work, or is not safe.</summary>
    Fail,
}

/// <summary>One check of the host.</summary>
public sealed record ShmHostCheck
{
    /// <summary>What was checked; never changes.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>How it came out.</summary>
    public ShmCheckResult Result { get; internal init; }

    /// <summary>What was found.</summary>
    public string Detail { get; internal init; } = "";

    /// <summary>
    /// The commands that mend it, to paste into a shell; null where nothing needs mending, or nothing can be done.
    /// </summary>
    public string? Fix { get; internal init; }

    /// <summary>The same with other commands that mend it.</summary>
    public ShmHostCheck WithFix(string? fix) => this with { Fix = fix };

    /// <summary>"Name: Result".</summary>
    public override string ToString() => $"{Name}: {Result}";
}
