using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Linq;
using System.Management.Automation;

namespace PSSharedMemory.ConsoleHost;

/// <summary>One line of progress under the output of a terminal; nothing where there is none.</summary>
internal sealed class ProgressLine
{
    private const int MillisecondsBetween = 100;

    private readonly Dictionary<(long Source, int Activity), ProgressRecord> _active = [];
    private readonly Stopwatch _sinceDrawn = Stopwatch.StartNew();
    private bool _drawn;

    /// <summary>Whether output stands on the cursor's line; it is not written over.</summary>
    public bool LineIsOpen { get; set; }

    public void Show(long source, ProgressRecord record)
    {
        if (!Terminal.OutputTakesEscapes)
        {
            return;
        }

        if (record.RecordType == ProgressRecordType.Completed)
        {
            _active.Remove((source, record.ActivityId));
            if (_active.Count == 0)
            {
                Clear();
            }

            return;
        }

        var isNew = !_active.ContainsKey((source, record.ActivityId));
        _active[(source, record.ActivityId)] = record;
        if (LineIsOpen || (!isNew && _sinceDrawn.ElapsedMilliseconds < MillisecondsBetween))
        {
            return;
        }

        var line = string.Join(" > ", _active.Values.OrderBy(r => r.ActivityId).Select(Text));
        Console.Out.Write("\r\e[K" + PSStyle.Instance.Progress.Style
            + CellWidth.Truncate(line, Terminal.Width - 1) + PSStyle.Instance.Reset + "\r");
        _drawn = true;
        _sinceDrawn.Restart();
    }

    /// <summary>Takes the line away, before anything else is written.</summary>
    public void Clear()
    {
        if (!_drawn)
        {
            return;
        }

        Console.Out.Write("\e[K");
        _drawn = false;
    }

    /// <summary>Forgets what a pipeline that has ended did not complete.</summary>
    public void Reset()
    {
        Clear();
        _active.Clear();
    }

    private static string Text(ProgressRecord record)
    {
        var text = record.Activity;
        if (record.PercentComplete >= 0)
        {
            text += $" {record.PercentComplete}%";
        }

        if (!string.IsNullOrWhiteSpace(record.StatusDescription))
        {
            text += $" [{record.StatusDescription}]";
        }

        if (!string.IsNullOrWhiteSpace(record.CurrentOperation))
        {
            text += $" {record.CurrentOperation}";
        }

        if (record.SecondsRemaining >= 0)
        {
            text += $" {TimeSpan.FromSeconds(record.SecondsRemaining):c} left";
        }

        return text.ReplaceLineEndings(" ");
    }
}
