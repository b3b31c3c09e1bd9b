using System.Text.Json.Serialization;

namespace PSSharedMemory.Scenarios;

/// <summary>What one It came to: Passed, Failed or Skipped, and why.</summary>
public sealed record Outcome(
    [property: JsonPropertyName("name")] string Name,
    [property: JsonPropertyName("result")] string Result,
    [property: JsonPropertyName("message")] string Message)
{
    public override string ToString() => Result;
}

/// <summary>The outcomes of one file, and how long it took.</summary>
public sealed record FileOutcomes(
    [property: JsonPropertyName("seconds")] double Seconds,
    [property: JsonPropertyName("outcomes")] Outcome[] Outcomes);
