using System.Collections.Generic;
using System.Linq;
using System.Threading;
using PSSharedMemory.Native;

namespace PSSharedMemory;

/// <content>The limits of other namespaces and containers.</content>
public static partial class ShmLimits
{
    /// <summary>
    /// Reads the limits of a namespace: the kernel's on System V or those of the file system, with the parts of what is
    /// used, and the memory limits of the containers in it. Those of processes and of the host are left out.
    /// </summary>
    /// <param name="place">The namespace.</param>
    /// <param name="scan">Who holds what; null where what is removed but held need not be known.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="ShmException">
    /// SegmentNotFound: it has ended. AccessDenied: this user may not enter it.
    /// </exception>
    public static IReadOnlyList<ShmLimit> Read(
        ShmNamespace place, AttachmentScan? scan = null, CancellationToken cancellation = default)
    {
        List<ShmLimit> limits = [];
        if (place.Kind == ShmKind.SysV)
        {
            ShmNamespaces.Run(place, () =>
            {
                AddSysV(new HostFiles(), limits);
                ShmBalances.AddSysV(limits);
            });
        }
        else
        {
            using var system = ShmNamespaces.OpenFileSystem(place);
            if (Libc.fstatfs(system.Root, out var room) >= 0)
            {
                AddFileSystem(room, limits);
            }

            ShmBalances.AddPosix(limits, system, scan, cancellation);
        }

        AddContainers(place, limits);
        return place.IsCurrent ? limits : [.. limits.Select(limit => limit with { Namespace = place.Namespace })];
    }

    // Of one process of each container; where that has ended, of the next.
    private static void AddContainers(ShmNamespace place, List<ShmLimit> limits)
    {
        using var reader = new ProcReader();
        var files = new HostFiles();
        foreach (var container in place.Members.Where(static member => member.Container is not null)
            .GroupBy(static member => member.Container!.Id))
        {
            foreach (var member in container)
            {
                if (member.Door.Approach(reader) >= 0 && reader.Load("cgroup\0"u8) >= 0)
                {
                    AddControlGroups(files, ProcText.ToText(reader.Text).Split('\n'), limits);
                    break;
                }
            }
        }
    }
}
