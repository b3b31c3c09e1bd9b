using System;
using System.Collections.Generic;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>Shows bytes as hex and text, and where they differ from a second range.</summary>
[Cmdlet(VerbsCommon.Format, "ShmHex", DefaultParameterSetName = ParameterSets.Name)]
[OutputType(typeof(ShmHexLine))]
public sealed class FormatShmHexCommand : DifferenceCmdlet
{
    private const int LinesAtOnce = 256;

    [Parameter]
    [ValidateRange(1, 256)]
    [ArgumentCompleter(typeof(NoCompleter))]
    [WholeNumber]
    public int Width { get; set; } = 16;

    private protected override bool IsDifferenceMandatory => false;

    private protected override void Serve(ShmMapping mapping, long start, ShmRange range)
    {
        if (!MyInvocation.BoundParameters.ContainsKey(nameof(Width)))
        {
            Width = WidthOfScreen();
        }

        if (!HasDifference)
        {
            Show(mapping, start, range);
            return;
        }

        using var other = OpenDifference();
        using var otherRange = OpenRange(other, start);
        ShowBoth($"{mapping.Segment}", $"{other}", start, range, otherRange);
    }

    // What a line of offset, bytes and text takes, with the mark of its side.
    private int WidthOfScreen() => HostScreen.Width(Host) switch
    {
        < HostScreen.Least or >= 80 => 16,
        >= 48 => 8,
        _ => 4,
    };

    private void Show(ShmMapping mapping, long start, ShmRange range)
    {
        var source = $"{mapping.Segment}";
        for (long done = 0; done < range.Length; done += Width * LinesAtOnce)
        {
            Cancellation.ThrowIfCancellationRequested();
            var bytes = Read(range, done);
            for (var i = 0; i < bytes.Length; i += Width)
            {
                WriteObject(new ShmHexLine
                {
                    Source = source,
                    Ranges = source,
                    Offset = start + done + i,
                    Bytes = Line(bytes, i),
                    Width = Width,
                });
            }
        }
    }

    private void ShowBoth(string source, string otherSource, long start, ShmRange range, ShmRange other)
    {
        var ranges = $"< {source}, > {otherSource}";
        for (long done = 0; done < Math.Max(range.Length, other.Length); done += Width * LinesAtOnce)
        {
            Cancellation.ThrowIfCancellationRequested();
            var left = Read(range, done);
            var right = Read(other, done);
            for (var i = 0; i < Math.Max(left.Length, right.Length); i += Width)
            {
                var ours = Line(left, i);
                var theirs = Line(right, i);
                var different = Differences(ours, theirs);
                if (different.Count == 0)
                {
                    WriteLine(ranges, "=", source, start + done + i, ours, different);
                    continue;
                }

                WriteLine(ranges, "<", source, start + done + i, ours, different);
                WriteLine(ranges, ">", otherSource, (DifferenceOffset ?? start) + done + i, theirs, different);
            }
        }
    }

    private void WriteLine(
        string ranges, string side, string source, long offset, byte[] bytes, List<int> different)
    {
        // The shorter side has ended.
        if (bytes.Length == 0)
        {
            return;
        }

        WriteObject(new ShmHexLine
        {
            Source = source,
            Ranges = ranges,
            Offset = offset,
            Bytes = bytes,
            Side = side,
            Different = different.FindAll(index => index < bytes.Length).ToArray(),
            Width = Width,
        });
    }

    private byte[] Read(ShmRange range, long position) =>
        position >= range.Length
            ? []
            : range.ReadBytes(position, (int)Math.Min(Width * LinesAtOnce, range.Length - position));

    private byte[] Line(byte[] bytes, int start) =>
        start >= bytes.Length ? [] : bytes[start..Math.Min(start + Width, bytes.Length)];

    private static List<int> Differences(byte[] left, byte[] right)
    {
        var different = new List<int>();
        for (var i = 0; i < Math.Max(left.Length, right.Length); i++)
        {
            if (i >= left.Length || i >= right.Length || left[i] != right[i])
            {
                different.Add(i);
            }
        }

        return different;
    }
}
