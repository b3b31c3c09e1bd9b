namespace PSSharedMemory;

/// <summary>Whose memory a segment is, and how we know.</summary>
public sealed record ShmSegmentOrigin
{
    /// <summary>That nothing tells.</summary>
    /// <param name="label">What the segment is called.</param>
    public static ShmSegmentOrigin Unknown(string label) => new ShmSegmentOrigin { Label = label };

    /// <summary>Whose memory it is; empty where nothing tells.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>What it was told by.</summary>
    public ShmOriginCertainty Certainty { get; internal init; }

    /// <summary>What the segment is called.</summary>
    public string Label { get; internal init; } = "";

    /// <summary>What the memory is.</summary>
    public string Description { get; internal init; } = "";

    /// <summary>When it may go.</summary>
    public string Release { get; internal init; } = "";

    /// <summary>Where this is known from.</summary>
    public string Source { get; internal init; } = "";

    /// <summary>"PostgreSQL (Name)": always with the certainty.</summary>
    public override string ToString() =>
        Certainty == ShmOriginCertainty.Unknown ? "" : $"{PrintableText.Of(Name)} ({Certainty})";
}
