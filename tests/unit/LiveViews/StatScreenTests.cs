using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;
using PSSharedMemory.Commands;
using Xunit;

namespace PSSharedMemory.UnitTests.LiveViews;

public partial class StatScreenTests
{
    private static readonly DateTime Now = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    private static ShmStatSample Sample(
        string name, long size = 4096, long allocated = 0, long? growth = null, ShmVerdict verdict = ShmVerdict.InUse,
        bool isOrphan = false)
    {
        var segment = new ShmSegment
        {
            Kind = ShmKind.Posix,
            Name = name,
            Size = size,
            Allocated = allocated,
            Device = 1,
            Inode = (ulong)name.GetHashCode(StringComparison.Ordinal),
            ChangeTime = Now,
        };
        var stat = new ShmStat(segment, [], new HolderFinding(0, verdict, [])) { IsOrphan = isOrphan };
        return new ShmStatSample(Now, stat, growth);
    }

    private static StatScreen Screen(params ShmStatSample[] samples)
    {
        var screen = new StatScreen(ShmStatSort.Used, hasColours: true);
        screen.Update(samples);
        return screen;
    }

    private static string[] Plain(IEnumerable<string> lines) =>
        [.. lines.Select(static line => Colours().Replace(line, ""))];

    private static string[] Labels(StatScreen screen) => [.. Plain(screen.Draw(100, 20, 2)).Skip(2)
        .Where(static line => line.Contains('/'))
        .TakeWhile(static line => !line.StartsWith('q')).Select(static line => line.Trim().Split(' ')[0])];

    [GeneratedRegex(@"\e\[[0-9;]*m")]
    private static partial Regex Colours();

    [Theory]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(79)]
    [InlineData(99)]
    [InlineData(119)]
    [InlineData(200)]
    public void No_line_is_wider_than_the_window_and_no_name_reaches_it_raw(int width)
    {
        var screen = Screen(
            Sample("/plain", long.MaxValue, long.MaxValue, long.MaxValue),
            Sample("/evil\e[31m\n\r\u202e\u0085", 1, 1, -1),
            Sample("/日本語の名前日本語の名前日本語の名前日本語の名前日本語の名前日本語の名前日本語の名前", 1, 1, long.MinValue + 1),
            Sample("/e\u0301\u0301\u0301\u0301clair\U0001F600\udcff", verdict: ShmVerdict.Unknown),
            Sample("/" + new string('x', 255), isOrphan: true, verdict: ShmVerdict.Unattached));
        foreach (var height in (int[])[1, 5, 24])
        {
            var lines = screen.Draw(width, height, 0.5);
            Assert.Equal(Math.Max(height, 4), lines.Count);
            Assert.All(Plain(lines), line =>
            {
                Assert.True(TextCells.Width(line) <= Math.Max(width, 40), $"{TextCells.Width(line)} columns: {line}");
                Assert.DoesNotContain(line, static one => char.IsControl(one) || one is '\u202e');
            });
        }
    }

    [Fact]
    public void Keys_sort_filter_and_show_orphans()
    {
        var screen = Screen(
            Sample("/a", 300, 1, growth: 5), Sample("/b", 200, 2, growth: 9),
            Sample("/c", 100, 3, isOrphan: true, verdict: ShmVerdict.Unattached));
        Assert.Equal(["/c", "/b", "/a"], Labels(screen));
        screen.Press("s");
        Assert.Equal(["/b", "/a", "/c"], Labels(screen));
        screen.Press("s");
        Assert.Equal(["/a", "/b", "/c"], Labels(screen));
        screen.Press("o");
        Assert.Equal(["/c"], Labels(screen));
        screen.Press("o");
        foreach (var key in (string[])["/", "B", "enter"])
        {
            screen.Press(key);
        }

        Assert.Equal(["/b"], Labels(screen));
        // Keys are text while a filter is typed.
        foreach (var key in (string[])["/", "delete", "q", "escape"])
        {
            screen.Press(key);
        }

        Assert.False(screen.IsDone);
        Assert.Equal(["/b"], Labels(screen));
        screen.Press("q");
        Assert.True(screen.IsDone);
    }

    [Fact]
    public void The_selection_stays_with_its_segment_and_the_window_with_the_selection()
    {
        var samples = Enumerable.Range(0, 50).Select(static i => Sample($"/s{i:00}", allocated: 1000 - i)).ToArray();
        var screen = Screen(samples);
        screen.Press("end");
        Assert.Contains("/s49", Plain(screen.Draw(100, 10, 2))[8]);
        screen.Press("up");
        screen.Update(
            [.. samples.Select(static one => Sample(
                one.Label, allocated: one.Label == "/s48" ? 5000 : one.Allocated ?? 0))]);
        var lines = screen.Draw(100, 10, 2);
        Assert.Contains("/s48", Plain(lines)[2]);
        Assert.StartsWith("\e[46", lines[2], StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_are_shown_and_what_cannot_be_read_is_said()
    {
        var stat = Sample("/a", 40);
        var screen = new StatScreen(ShmStatSort.Used, hasColours: false)
        {
            ReadBytes = static (_, offset, count) => offset == 0
                ? [.. Enumerable.Repeat((byte)'x', count)]
                : throw new ShmException(ShmErrorId.AccessDenied, "No\e[31m."),
        };
        screen.Update([stat]);
        screen.Press("h");
        var lines = screen.Draw(79, 10, 2);
        Assert.Equal("00000020: 78 78 78 78 78 78 78 78                          xxxxxxxx", lines[3]);
        screen.Press("down");
        Assert.Contains(screen.Draw(79, 10, 2), static line => line.StartsWith("No\\x1b", StringComparison.Ordinal));
        screen.Press("q");
        Assert.False(screen.IsDone);
        Assert.Contains("/a", screen.Draw(79, 10, 2)[2]);
    }

    [Fact]
    public void Keys_are_told_apart()
    {
        Assert.Equal(
            ["up", "q", "pagedown", "down", "delete", "enter", "home"],
            LiveTerminal.Split("\e[Aq\e[6~\e[B\x7f\r\e[1~"));
        Assert.Equal(["escape"], LiveTerminal.Split("\e"));
        Assert.Empty(LiveTerminal.Split("\e[200~\e[99;5u\u0001"));
    }

    [Theory]
    [InlineData("/PostgreSQL.309768960", 12, "/Post…768960")]
    [InlineData("abc", 5, "abc  ")]
    [InlineData("日本語", 5, "日…語")]
    [InlineData("日本語", 4, "日… ")]
    [InlineData("x", 0, "")]
    [InlineData("abcdef", 1, "…")]
    public void A_text_takes_so_many_columns(string text, int width, string expected)
    {
        var fitted = TextCells.Fit(text, width);
        Assert.Equal(expected.Length == 0 ? 0 : width, TextCells.Width(fitted));
        if (!expected.Contains('…') || expected.StartsWith('/'))
        {
            Assert.True(fitted == expected || text.StartsWith('/'), fitted);
        }
    }
}
