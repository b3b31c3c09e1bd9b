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
    /// <summary>The whole picture.</summary>
    /// <param name="map">The map.</param>
    /// <param name="style">$PSStyle; null for no colours.</param>
    public static string Draw(ShmMap map, object? style)
    {
        var colours = ShmDisplay.Colours(style);
        var reset = colours is null ? "" : (string)PSObject.AsPSObject(style).Properties["Reset"].Value;
        string Paint(ShmPageState state, string text) =>
            colours is not null && Colour(state) is { } name ? $"{colours.Properties[name].Value}{text}{reset}" : text;

        var grid = new ShmMapGrid(map);
        var picture = new StringBuilder();
        picture.Append(
            CultureInfo.InvariantCulture,
            $"{ShmDisplay.Name(map.Segment)}  {ShmDisplay.Size(map.Length)}, pages of {ShmDisplay.Size(map.PageSize)}, "
                + $"{grid.PagesPerCell} in a cell\n\n");
        for (var start = 0; start < grid.Cells.Length; start += ShmMapGrid.Columns)
        {
            picture.Append(ShmDisplay.Offset(start * grid.CellSize)).Append("  ");
            foreach (var cell in grid.Cells.Skip(start).Take(ShmMapGrid.Columns))
            {
                picture.Append(Paint(cell, Glyph(cell).ToString()));
            }

            picture.Append('\n');
        }

        picture.Append('\n').AppendJoin("   ", ShmMapGrid.Totals(map).Select(total =>
            $"{Paint(total.Key, Glyph(total.Key).ToString())} {Word(total.Key)} {ShmDisplay.Size(total.Value)}"))
                .Append('\n');
        AppendHolders(picture, map);
        return picture.ToString();
    }

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

    private static void AppendHolders(StringBuilder picture, ShmMap map)
    {
        picture.Append('\n');
        foreach (var process in map.Holders.GroupBy(static holder => (holder.ProcessId, holder.Command)))
        {
            picture.Append(
                CultureInfo.InvariantCulture, $"{process.Key.ProcessId} {ShmDisplay.Text(process.Key.Command)}\n");
            foreach (var area in process)
            {
                var (first, count) = ShmMapGrid.Bar(map, area.Offset, area.Length);
                picture.Append("  ").Append(ShmDisplay.Protection(area.Protection).PadRight(10))
                    .Append(' ', first).Append('━', count).Append('\n');
            }
        }

        if (map.Holders.Count == 0)
        {
            picture.Append("No process that could be read holds it.\n");
        }

        if (map.MayHaveMoreHolders)
        {
            picture.Append("Processes that could not be read may hold it too.\n");
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
