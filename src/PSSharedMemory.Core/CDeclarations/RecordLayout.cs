using System;
using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// Places the members of one struct or union, as gcc's stor-layout and clang's Itanium layout do. All positions are in
/// bits.
/// </summary>
internal sealed class RecordLayout
{
    private readonly ShmType _record;
    private readonly Abi _abi;
    private readonly bool _packed;
    private readonly long _packLimit;
    private readonly List<ShmField> _fields;
    private readonly List<(int Index, long Bit, Member Member, bool MayUseUnit)> _bitFields = [];
    private long _position;
    private long _size;
    private long _alignment;

    private RecordLayout(ShmType record, Abi abi, Attributes attributes, int packLimit, int memberCount)
    {
        _record = record;
        _abi = abi;
        _packed = attributes.IsPacked;
        _packLimit = packLimit * 8L;
        _alignment = Math.Max(8, attributes.Alignment * 8L);
        _fields = new List<ShmField>(memberCount);
    }

    /// <param name="record">The struct or union, incomplete as yet.</param>
    /// <param name="members">Its members in order.</param>
    /// <param name="abi">The architecture's rules.</param>
    /// <param name="attributes">Those of the struct itself.</param>
    /// <param name="packLimit">Bytes: what <c>#pragma pack</c> says; 0 for none.</param>
    /// <param name="place">The position for errors about the whole struct.</param>
    /// <param name="bases">The classes of C++ that it derives from.</param>
    public static void Complete(
        ShmType record, IReadOnlyList<Member> members, Abi abi, Attributes attributes, int packLimit, Token place,
        IReadOnlyList<ShmType> bases)
    {
        var layout = new RecordLayout(record, abi, attributes, packLimit, members.Count);
        foreach (var parent in bases)
        {
            layout.PlaceBase(parent, place);
        }

        foreach (var member in members)
        {
            layout.Place(member);
        }

        layout.Finish(place);
    }

    /// <summary>The fields of a base class are fields of the one that derives from it.</summary>
    private void PlaceBase(ShmType parent, Token place)
    {
        if (parent.IsEmptyClass)
        {
            // Takes no room: fields of empty classes were ruled out before.
            _alignment = Math.Max(_alignment, parent.Alignment * 8L);
            return;
        }

        var alignment = _packed ? 8 : parent.Alignment * 8L;
        alignment = _packLimit != 0 ? Math.Min(alignment, _packLimit) : alignment;
        var start = RoundUp(_position, alignment);
        foreach (var field in parent.Fields)
        {
            if (_fields.Exists(other => other.Name == field.Name))
            {
                throw place.Error($"two base classes have a field '{field.Name}'; it could not be named here.");
            }

            _fields.Add(field.MovedBy(start / 8));
        }

        _alignment = Math.Max(_alignment, alignment);
        _position = start + (parent.DataSize * 8);
        _size = Math.Max(_size, start + (parent.Size * 8));
        if (parent.LendsPadding)
        {
            _size = Math.Max(_position, _size - (parent.Size * 8) + (parent.DataSize * 8));
        }
    }

    private void Place(Member member)
    {
        var packed = _packed || member.Attributes.IsPacked;
        var own = OwnAlignment(member, packed);
        var typeAlignment = member.Type.Type.Alignment * 8L;
        if (member.Width is null)
        {
            _alignment = Math.Max(_alignment, own);
        }
        else if (member.Name is not null || _abi.UnnamedBitFieldsAlign)
        {
            _alignment = Math.Max(
                _alignment,
                Math.Max(own, _packLimit != 0 ? Math.Min(typeAlignment, _packLimit) : packed ? 8 : typeAlignment));
        }

        var length = member.Width ?? (member.Type.Type.Size * 8);
        long start = 0;
        if (_record.Kind == ShmTypeKind.Struct)
        {
            start = RoundUp(_position, own);
            if (member.Width > 0 && !packed && _packLimit == 0 && Straddles(
                start, length, typeAlignment, member.Type.Type.Size * 8))
            {
                start = RoundUp(start, typeAlignment);
            }

            _position = start + length;
        }

        _size = Math.Max(_size, RoundUp(start + length, 8));
        if (_size > ShmType.MaximumSize * 8)
        {
            throw member.Place.Error($"'{_record.Name}' is larger than 2^40 bytes with this field.");
        }

        if (member.Width is not null)
        {
            if (member.Name is null)
            {
                return;
            }

            _bitFields.Add((_fields.Count, start, member, !packed));
            _fields.Add(null!);
        }
        else if (member.Name is null)
        {
            // The fields of an anonymous struct or union are fields of the one around it.
            foreach (var field in member.Type.Type.Fields)
            {
                _fields.Add(field.MovedBy(start / 8));
            }
        }
        else
        {
            _fields.Add(new ShmField(member.Name, member.Type.Spelling, member.Type.Type, start / 8));
        }
    }

    /// <summary>The alignment of a member, before bit-field rules.</summary>
    private long OwnAlignment(Member member, bool packed)
    {
        var type = member.Type.Type.Alignment * 8L;
        var explicitly = member.Attributes.Alignment * 8L;
        if (member.Width == 0)
        {
            return Math.Max(type, explicitly);
        }

        var own = member.Width is not null
            ? Math.Max(1, explicitly)
            : packed ? (explicitly > 0 ? explicitly : 8) : Math.Max(type, explicitly);
        return _packLimit != 0 && own > 1 ? Math.Min(own, _packLimit) : own;
    }

    /// <summary>A bit-field cannot span more aligned units of its type than the type itself.</summary>
    private static bool Straddles(long start, long width, long alignment, long typeBits) =>
        ((start % alignment) + width + alignment - 1) / alignment > typeBits / alignment;

    private void Finish(Token place)
    {
        var size = RoundUp(_size, _alignment) / 8;
        if (size > ShmType.MaximumSize)
        {
            throw place.Error($"'{_record.Name}' is larger than 2^40 bytes.");
        }

        foreach ((var index, var bit, var member, var mayUseUnit) in _bitFields)
        {
            _fields[index] = BitField(bit, member, mayUseUnit, size);
        }

        _record.CompleteRecord(_fields, size, (int)(_alignment / 8));
        _record.DataSize = _size / 8;
        if (_record.Depth > ShmType.MaximumDepth)
        {
            throw place.Error($"structs and arrays within one another, deeper than {ShmType.MaximumDepth} levels.");
        }
    }

    private static ShmField BitField(long bit, Member member, bool mayUseUnit, long size)
    {
        var type = member.Type.Type;
        var width = member.Width!.Value;
        var unit = bit / 8 / type.Size * type.Size;
        var unitSize = type.Size;
        if (!mayUseUnit || bit + width > (unit + unitSize) * 8 || unit + unitSize > size)
        {
            unit = bit / 8;
            unitSize = ((bit % 8) + width + 7) / 8;
        }

        return new ShmField(member.Name!, member.Type.Spelling, type, unit)
        {
            Size = unitSize,
            BitOffset = (int)(bit - (unit * 8)),
            BitWidth = width,
        };
    }

    private static long RoundUp(long value, long alignment) => (value + alignment - 1) / alignment * alignment;
}
