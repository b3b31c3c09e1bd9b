using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace PSSharedMemory.Scenarios;

/// <summary>
/// The scenarios of tests/pester, run by the real Pester in a real pwsh: each It is a case of its own in the report.
/// </summary>
public class ScenarioTests
{
    public static IEnumerable<TheoryDataRow<Outcome>> Outcomes() => ScenarioRun.Run().Select(static outcome =>
        new TheoryDataRow<Outcome>(outcome)
        {
            TestDisplayName = outcome.Name,
            Skip = outcome.Result is "Skipped" or "Inconclusive" ? outcome.Message is ""
                ? "Skipped."
                : outcome.Message : null,
        });

    [Theory]
    [MemberData(nameof(Outcomes), DisableDiscoveryEnumeration = true)]
    public void Scenario(Outcome outcome) => Assert.True(outcome.Result == "Passed", outcome.Message);
}
