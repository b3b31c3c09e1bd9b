using System;
using Xunit;

namespace PSSharedMemory.UnitTests;

/// <summary>Times where the local clock is set forward and back. The time zone is the whole process': alone.</summary>
[Collection(nameof(Alone))]
public sealed class UnixTimeTests : IDisposable
{
    private readonly string? _zone = Environment.GetEnvironmentVariable("TZ");

    public UnixTimeTests() => SetZone("Europe/Berlin");

    public void Dispose() => SetZone(_zone);

    [Fact]
    public void The_zone_of_these_tests_has_a_summer_time()
    {
        Assert.SkipUnless(HasZone, "no time zone data");
        Assert.True(Segment("2026-10-25T00:50:00Z").ChangeTime!.Value.ToLocalTime()
            > Segment("2026-10-25T01:10:00Z").ChangeTime!.Value.ToLocalTime());
    }

    [Theory]
    [InlineData("2026-10-25T00:50:00Z", "2026-10-25T01:10:00Z", true)]
    [InlineData("2026-10-25T01:10:00Z", "2026-10-25T00:50:00Z", false)]
    [InlineData("2026-03-29T00:59:00Z", "2026-03-29T01:00:00Z", true)]
    public void A_use_in_the_hour_that_comes_twice_is_a_use(string found, string now, bool isUsed)
    {
        Assert.SkipUnless(HasZone, "no time zone data");
        Assert.Equal(isUsed, ShmOrphans.IsUsedSince(Segment(found), Segment(now)));
    }

    [Theory]
    [InlineData("2026-03-29T00:30:00Z", "2026-03-29T01:20:00Z", false)]
    [InlineData("2026-03-29T00:30:00Z", "2026-03-29T01:31:00Z", true)]
    [InlineData("2026-10-25T00:30:00Z", "2026-10-25T01:31:00Z", true)]
    public void An_age_of_an_hour_is_one_on_every_day(string used, string now, bool isOld)
    {
        Assert.SkipUnless(HasZone, "no time zone data");
        var segment = Segment(used);
        var stat = new ShmStat(segment, [], new HolderFinding(0, ShmVerdict.Unattached, []));
        Assert.Equal(
            isOld, ShmOrphans.Objection(
                stat, TimeSpan.FromHours(1),
                DateTimeOffset.Parse(now, System.Globalization.CultureInfo.InvariantCulture).UtcDateTime) is null);
    }

    [Theory]
    [InlineData(long.MinValue)]
    [InlineData(-62135596801)]
    [InlineData(253402300800)]
    [InlineData(300000000000)]
    [InlineData(long.MaxValue)]
    [InlineData(0)]
    public void A_time_that_no_calendar_has_is_unknown(long seconds) =>
        Assert.Null(UnixTime.ToUtc(seconds, seconds == 0 ? 0 : 999_999_999U));

    [Theory]
    [InlineData(-62135596800, 1)]
    [InlineData(253402300799, 9999)]
    [InlineData(-1, 1969)]
    public void The_ends_of_the_calendar_are_times(long seconds, int year)
    {
        var time = UnixTime.ToUtc(seconds, 999_999_999)!.Value;
        Assert.Equal(year, time.Year);
        Assert.Equal(DateTimeKind.Utc, time.Kind);
    }

    private static bool HasZone => TimeZoneInfo.TryFindSystemTimeZoneById("Europe/Berlin", out _);

    private static ShmSegment Segment(string time) => new()
    {
        Kind = ShmKind.Posix,
        Name = "/pst-dst",
        ChangeTime = UnixTime.ToUtc(
            DateTimeOffset.Parse(time, System.Globalization.CultureInfo.InvariantCulture).ToUnixTimeSeconds()),
    };

    private static void SetZone(string? zone)
    {
        Environment.SetEnvironmentVariable("TZ", zone);
        TimeZoneInfo.ClearCachedData();
    }
}
