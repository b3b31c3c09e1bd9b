using System.Collections;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.Linq;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>Completes process ids, those that hold shared memory first.</summary>
public sealed class ProcessIdCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters)
    {
        var scan = ShmAttachments.Scan(null, null, withUsage: false, null, CancellationToken.None);
        var holders = scan.Attachments.Where(static attachment => !attachment.IsRuntimeOwn())
            .GroupBy(static attachment => attachment.ProcessId).OrderBy(static group => group.Key).ToArray();
        var seen = new HashSet<int>();
        foreach (var holder in holders)
        {
            seen.Add(holder.Key);
            var labels = holder.Select(static attachment => attachment.Label).Distinct().ToArray();
            yield return (
                Number(holder.Key),
                $"{holder.First().Command}: holds "
                    + $"{string.Join(", ", labels.Take(3))}{(labels.Length > 3 ? ", …" : "")}");
        }

        foreach (var process in Process.GetProcesses().OrderBy(static process => process.Id))
        {
            using (process)
            {
                if (!seen.Contains(process.Id))
                {
                    yield return (Number(process.Id), process.ProcessName);
                }
            }
        }
    }

    private protected override string ListItem(string text, string tooltip) => $"{text}  {tooltip}";

    private static string Number(int id) => id.ToString(CultureInfo.InvariantCulture);
}
