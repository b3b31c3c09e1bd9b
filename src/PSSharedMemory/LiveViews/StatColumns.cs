using System;
using System.Globalization;

namespace PSSharedMemory.Commands;

/// <summary>How the columns of Watch-ShmStat share a width.</summary>
/// <param name="Label">Columns of the label.</param>
/// <param name="Holders">Columns of the holders.</param>
/// <param name="Origin">Columns of the origin; 0 where there is no room.</param>
internal sealed record StatColumns(int Label, int Holders, int Origin)
{
    /// <summary>Which of the cells is the verdict.</summary>
    public const int VerdictIndex = 5;

    private const int SizeWidth = 7;
    private const int GrowthWidth = 10;
    private const int AgeWidth = 4;
    private const int VerdictWidth = 10;
    private const int Fixed = SizeWidth + SizeWidth + GrowthWidth + AgeWidth + VerdictWidth + 5;

    /// <summary>For a window of so many columns.</summary>
    public static StatColumns For(int width)
    {
        // One more for what marks the selected row.
        var rest = Math.Max(8, width - Fixed - 1);
        if (rest < 34)
        {
            var holders = Math.Max(0, rest / 3);
            return new StatColumns(rest - holders - 1, holders, 0);
        }

        var origin = rest / 4;
        var others = (rest - origin) / 3;
        return new StatColumns(rest - origin - others - 2, others, origin);
    }

    /// <summary>The head, with a mark at what the rows are in the order of.</summary>
    public string Header(ShmStatSort sort) => " " + string.Join(' ', Joined(
    [
        TextCells.Fit(Name("Label", sort == ShmStatSort.Label), Label),
        TextCells.Fit(Name("Size", sort == ShmStatSort.Size), SizeWidth, true),
        TextCells.Fit(Name("Used", sort == ShmStatSort.Used), SizeWidth, true),
        TextCells.Fit(Name("Growth", sort == ShmStatSort.Growth), GrowthWidth, true),
        TextCells.Fit(Name("Age", sort == ShmStatSort.Age), AgeWidth, true),
        TextCells.Fit("Verdict", VerdictWidth),
        TextCells.Fit(Name("Holders", sort == ShmStatSort.Holders), Holders),
        TextCells.Fit("Origin", Origin),
    ]));

    /// <summary>The cells of a row; the first begins with the place of the mark.</summary>
    public string[] Cells(ShmStatSample row) => Joined(
    [
        " " + TextCells.Fit(row.Label, Label),
        TextCells.Fit(ShmDisplay.ShortSize(row.Size), SizeWidth, true),
        TextCells.Fit(row.Allocated is null ? "?" : ShmDisplay.ShortSize(row.Allocated), SizeWidth, true),
        TextCells.Fit(GrowthText(row.Growth), GrowthWidth, true),
        TextCells.Fit(row.Age is null ? "?" : ShmDisplay.Age(row.Age), AgeWidth, true),
        TextCells.Fit(row.IsOrphan == true ? "Orphan" : Verdict(row.Verdict), VerdictWidth),
        TextCells.Fit(ShmDisplay.Holders(row.Stat), Holders),
        TextCells.Fit(TextCells.Begin(OriginText(row.Origin), Origin), Origin),
    ]);

    private string[] Joined(string[] cells) => Origin == 0 ? cells[..^1] : cells;

    private static string Name(string name, bool isSorted) => isSorted ? name + "*" : name;

    private static string Verdict(ShmVerdict verdict) =>
        verdict == ShmVerdict.RemovalPending ? "Removed" : $"{verdict}";

    // What is known by a name or key alone may be something else.
    private static string OriginText(ShmSegmentOrigin? origin) => origin is null ? ""
        : PrintableText.Of(origin.Name) + (origin.Certainty == ShmOriginCertainty.Magic ? "" : "?");

    private static string GrowthText(long? growth) => growth switch
    {
        null or 0 => "",
        > 0 => $"+{ShmDisplay.ShortSize(growth)}/s",
        _ => string.Create(CultureInfo.InvariantCulture, $"-{ShmDisplay.ShortSize(-growth)}/s"),
    };
}
