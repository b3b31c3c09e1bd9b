using System;
using System.Globalization;
using System.IO;
using System.Xml;

namespace PSSharedMemory.Commands;

/// <summary>The picture as SVG, for a report.</summary>
internal static class ShmMapSvg
{
    private const int Cell = 13;
    private const int Gap = 1;
    private const int Margin = 20;
    private const int Line = 18;
    private const int Label = 90;

    /// <summary>Writes the whole picture.</summary>
    public static void Write(ShmMap map, Stream output)
    {
        var grid = new ShmMapGrid(map);
        var rows = (grid.Cells.Length + grid.Columns - 1) / grid.Columns;
        var gridWidth = grid.Columns * Cell;
        var width = (2 * Margin) + Label + gridWidth + 180;
        var gridTop = Margin + (2 * Line);
        var legendTop = gridTop + (rows * Cell) + Line;
        var holdersTop = legendTop + (2 * Line);
        var holders = new ShmMapBars(map, grid);
        var height = holdersTop + (Math.Max(1, holders.Bars.Count + Math.Min(1, holders.More)) * Line) + Margin;

        using var svg = XmlWriter.Create(output, new XmlWriterSettings { Indent = true });
        svg.WriteStartElement("svg", "http://www.w3.org/2000/svg");
        Attributes(
            svg, ("width", width), ("height", height), ("viewBox", $"0 0 {width} {height}"),
            ("font-family", "monospace"), ("font-size", 12));
        Rectangle(svg, 0, 0, width, height, "#ffffff");
        Text(svg, Margin, Margin + Line, ShmMapText.Title(map, grid));
        for (var i = 0; i < grid.Cells.Length; i++)
        {
            var (row, column) = Math.DivRem(i, grid.Columns);
            if (column == 0)
            {
                Text(svg, Margin, gridTop + (row * Cell) + Cell - 1, ShmDisplay.Offset(i * grid.CellSize));
            }

            Rectangle(
                svg, Margin + Label + (column * Cell), gridTop + (row * Cell), Cell - Gap, Cell - Gap,
                Colour(grid.Cells[i]));
        }

        var x = Margin + Label;
        foreach (var (state, bytes) in ShmMapGrid.Totals(map))
        {
            var text = $"{state.ToString().ToLowerInvariant()} {ShmDisplay.Size(bytes)}";
            Rectangle(svg, x, legendTop, Cell, Cell, Colour(state));
            Text(svg, x + Cell + 4, legendTop + Cell - 1, text);
            x += Cell + 24 + (text.Length * 8);
        }

        DrawHolders(svg, holders, holdersTop, gridWidth);
        svg.WriteEndElement();
    }

    private static void DrawHolders(XmlWriter svg, ShmMapBars holders, int top, int gridWidth)
    {
        var baseline = top + Cell;
        if (holders.Bars.Count == 0)
        {
            Text(svg, Margin, baseline, "No process that could be read holds it.");
        }

        foreach (var bar in holders.Bars)
        {
            Text(svg, Margin, baseline, ShmDisplay.Protection(bar.Protection));
            foreach (var (first, count) in bar.Runs())
            {
                Rectangle(
                    svg, Margin + Label + (first * Cell), baseline - Cell, (count * Cell) - Gap, Cell, "#4a6fa5");
            }

            Text(
                svg, Margin + Label + gridWidth + 10, baseline,
                $"{bar.ProcessId} {ShmDisplay.Text(bar.Command)}"
                    + (bar.Areas > 1 ? $", {Words.Count(bar.Areas, "area")}" : ""));
            baseline += Line;
        }

        if (holders.More > 0)
        {
            Text(svg, Margin, baseline, Words.Count(holders.More, "more process"));
        }
    }

    private static string Colour(ShmPageState state) => state switch
    {
        ShmPageState.Resident => "#3c9d5b",
        ShmPageState.Reserved => "#b8d8c0",
        ShmPageState.Swapped => "#d9a520",
        ShmPageState.Protected => "#c0392b",
        ShmPageState.Hole => "#ffffff",
        ShmPageState.Unknown => "#a569bd",
        _ => "#dfe3e6",
    };

    private static void Rectangle(XmlWriter svg, int x, int y, int width, int height, string fill)
    {
        svg.WriteStartElement("rect");
        Attributes(svg, ("x", x), ("y", y), ("width", width), ("height", height), ("fill", fill));
        svg.WriteEndElement();
    }

    private static void Text(XmlWriter svg, int x, int y, string text)
    {
        svg.WriteStartElement("text");
        Attributes(svg, ("x", x), ("y", y));
        svg.WriteString(text);
        svg.WriteEndElement();
    }

    private static void Attributes(XmlWriter svg, params (string Name, object Value)[] attributes)
    {
        foreach (var (name, value) in attributes)
        {
            svg.WriteAttributeString(name, Convert.ToString(value, CultureInfo.InvariantCulture));
        }
    }
}
