using System;
using System.Management.Automation;

namespace PSSharedMemory.Commands;

/// <summary>
/// Keys and addresses as scripts see them: integers in every comparison and calculation, hexadecimal in every table,
/// list and CSV. The types file names these methods.
/// </summary>
public static class HexProperties
{
    private const string KeyDigits = "x8";
    private const string AddressDigits = "x";

    /// <summary>The key of a segment.</summary>
    public static object? Key(PSObject owner) => Shown((owner.BaseObject as ShmSegment)?.Key, KeyDigits);

    /// <summary>Where a mapping, an attachment, a region, a leak or a call begins.</summary>
    public static object? Address(PSObject owner) => owner.BaseObject switch
    {
        ShmMapping mapping => Shown(mapping.Address, AddressDigits),
        ShmAttachment attachment => Shown(attachment.Address, AddressDigits),
        ShmAddressRegion region => Shown(region.Address, AddressDigits),
        ShmPlace place => Shown(place.Address, AddressDigits),
        ShmLeak leak => Shown(leak.Address, AddressDigits),
        ShmCall call => Shown(call.Address, AddressDigits),
        _ => null,
    };

    /// <summary>Where a region ends.</summary>
    public static object? EndAddress(PSObject owner) =>
        Shown((owner.BaseObject as ShmAddressRegion)?.EndAddress, AddressDigits);

    private static PSObject? Shown(IFormattable? number, string digits)
    {
        if (number is null)
        {
            return null;
        }

        var shown = new PSObject(number);
        shown.Members.Add(new HexToString(number, digits));
        return shown;
    }
}
