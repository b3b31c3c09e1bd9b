using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Management.Automation;
using System.Threading;

namespace PSSharedMemory.Commands;

/// <summary>Completes descriptors of shared memory that the process given to -ProcessId holds.</summary>
public sealed class DescriptorCompleter : ShmCompleter
{
    private protected override IEnumerable<(string Text, string Tooltip)> Candidates(IDictionary boundParameters) =>
        LanguagePrimitives.TryConvertTo<int>(boundParameters["ProcessId"], out var id) && id > 0
            ? ShmAttachments.Scan(null, [id], withUsage: false, null, CancellationToken.None).Attachments
                .Where(static attachment => attachment.Descriptor is not null)
                .Select(static attachment =>
                    (attachment.Descriptor!.Value.ToString(CultureInfo.InvariantCulture), attachment.Label))
            : [];
}
