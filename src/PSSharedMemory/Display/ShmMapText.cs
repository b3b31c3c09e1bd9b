using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Text;

namespace PSSharedMemory.Commands;

/// <summary>
/// The picture in a terminal: readable without colours, which are added only where a terminal shows them.
/// </summary>
public static class ShmMapText
{
    private const int LeastColumns = 16;

    // Between offsets and cells.
    private const string Gap = "  ";

    /// <summary>The whole picture.</summary>
    /// <param name="map">The map.</param>
    /// <param name="style">$PSStyle; null for no colours.</param>
    public static string Draw(ShmMap map, object? style) => Draw(map, style, HostScreen.Width());

    /// <summary>The whole picture, for a screen of so many columns; fewer than one has are for any.</summary>
    internal static string Draw(ShmMap map, object? style, int width)
    {
        var colours = ShmDisplay.Colours(style);
        var reset = colours is null ? "" : (string)PSObject.AsPSObject(style).Properties["Reset"].Value;
        string Paint(ShmPageState state, string text) =>
            colours is not null && Colour(state) is { } name ? $"{colours.Properties[name].Value}{text}{reset}" : text;

        // Offsets from 4 GB on have more digits.
        var margin = ShmDisplay.Offset(map.Length).Length;
        var grid = new ShmMapGrid(map, Columns(width - 1 - margin - Gap.Length));
        var picture = new StringBuilder();
        picture.Append(Wrapped(Title(map, grid), width)).Append("\n\n");
        for (var start = 0; start < grid.Cells.Length; start += grid.Columns)
        {
            picture.Append(ShmDisplay.Offset(start * grid.CellSize).PadLeft(margin)).Append(Gap);
            foreach (var cell in grid.Cells.Skip(start).Take(grid.Columns))
            {
                picture.Append(Paint(cell, Glyph(cell).ToString()));
            }

            picture.Append('\n');
        }

        var legend = ShmMapGrid.Totals(map).Select(total =>
            $"{Paint(total.Key, Glyph(total.Key).ToString())} {Word(total.Key)} {ShmDisplay.Size(total.Value)}");
        // One below the other where there is little room: what is painted has no length that could be reckoned with.
        picture.Append('\n').AppendJoin(grid.Columns < ShmMapGrid.MostColumns ? "\n" : "   ", legend).Append('\n');
        AppendHolders(picture, map, grid, margin + Gap.Length, width);
        return picture.ToString();
    }

    /// <summary>"/orders  64 KB, pages of 4 KB, 1 in a cell".</summary>
    internal static string Title(ShmMap map, ShmMapGrid grid) => string.Create(
        CultureInfo.InvariantCulture,
        $"{map.Segment.Label}  {ShmDisplay.Size(map.Length)}, pages of {ShmDisplay.Size(map.PageSize)}, "
            + $"{grid.PagesPerCell} in a cell");

    /// <summary>The character of a state.</summary>
    public static char Glyph(ShmPageState state) => state switch
    {
        ShmPageState.Resident => '█',
        ShmPageState.Reserved => '░',
        ShmPageState.Swapped => '▓',
        ShmPageState.Protected => '#',
        ShmPageState.Hole => ' ',
        ShmPageState.Unknown => '?',
        _ => '·',
    };

    /// <summary>The word for a state.</summary>
    public static string Word(ShmPageState state) =>
        state == ShmPageState.Hole ? "(blank) hole" : state.ToString().ToLowerInvariant();

    private static int Columns(int room)
    {
        var columns = ShmMapGrid.MostColumns;
        while (columns > LeastColumns && columns > room && room > 0)
        {
            columns /= 2;
        }

        return columns;
    }

    private static string Wrapped(string text, int width) =>
        width < HostScreen.Least ? text : WordWrap.Of(text, width - 1);

    private static void AppendHolders(StringBuilder picture, ShmMap map, ShmMapGrid grid, int margin, int width)
    {
        picture.Append('\n');
        var holders = new ShmMapBars(map, grid);
        foreach (var process in holders.Bars.GroupBy(static bar => (bar.ProcessId, bar.Command)))
        {
            picture.Append(
                CultureInfo.InvariantCulture, $"{process.Key.ProcessId} {ShmDisplay.Text(process.Key.Command)}");
            var areas = process.Sum(static bar => bar.Areas);
            picture.Append(areas > process.Count() ? $"  {Words.Count(areas, "area")}" : "").Append('\n');
            foreach (var bar in process)
            {
                picture.Append(("  " + ShmDisplay.Protection(bar.Protection)).PadRight(margin));
                var column = 0;
                foreach (var (first, count) in bar.Runs())
                {
                    picture.Append(' ', first - column).Append('━', count);
                    column = first + count;
                }

                picture.Append('\n');
            }
        }

        if (holders.More > 0)
        {
            picture.Append(Wrapped($"{Words.Count(holders.More, "more process")}; -Full draws all.", width))
                .Append('\n');
        }

        if (map.Holders.Count == 0)
        {
            picture.Append(Wrapped("No process that could be read holds it.", width)).Append('\n');
        }

        if (map.MayHaveMoreHolders)
        {
            picture.Append(Wrapped("Processes that could not be read may hold it too.", width)).Append('\n');
        }
    }

    private static string? Colour(ShmPageState state) => state switch
    {
        ShmPageState.Resident => "Green",
        ShmPageState.Swapped => "Yellow",
        ShmPageState.Protected => "Red",
        ShmPageState.Unknown => "Magenta",
        ShmPageState.Absent or ShmPageState.Reserved => "BrightBlack",
        _ => null,
    };
}
