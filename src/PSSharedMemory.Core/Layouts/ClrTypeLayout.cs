using System;
using System.Collections;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using PSSharedMemory.CDeclarations;

namespace PSSharedMemory;

/// <summary>Layouts of .NET types: structs as the runtime lays them out, classes member by member as C would.</summary>
[RequiresUnreferencedCode("The fields of a type are found by reflection.")]
internal sealed class ClrTypeLayout
{
    private const BindingFlags Declared =
        BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly;

    private readonly HashSet<Type> _open = [];

    /// <summary>One member that is part of the layout.</summary>
    private readonly record struct Slot(string Name, Type Type, MemberInfo Info, int? Offset);

    public static ShmType Of(Type type) => new ClrTypeLayout().Map(type, null);

    private ShmType Map(Type type, MemberInfo? member)
    {
        var marshal = member?.GetCustomAttribute<MarshalAsAttribute>();
        var plain = Plain(type, marshal);
        if (plain is not null)
        {
            return plain;
        }

        if (type.IsPointer || type.IsFunctionPointer)
        {
            return new ShmType(ShmTypeKind.Address, type.Name, 8, 8);
        }

        if (type.IsEnum)
        {
            return Enumeration(type);
        }

        if (type == typeof(string))
        {
            return Text(type, member, marshal);
        }

        if (type.IsArray && type.GetArrayRank() == 1)
        {
            return ShmType.ArrayOf(Map(type.GetElementType()!, null), Length(type, member, marshal));
        }

        return Record(type);
    }

    private static ShmType? Plain(Type type, MarshalAsAttribute? marshal) => Type.GetTypeCode(type) switch
    {
        _ when type.IsEnum => null,
        TypeCode.Boolean => marshal?.Value switch
        {
            UnmanagedType.Bool => KnownTypes.Int,
            UnmanagedType.VariantBool => KnownTypes.Short,
            _ => KnownTypes.Bool,
        },
        TypeCode.SByte => KnownTypes.SignedChar,
        TypeCode.Byte => KnownTypes.UnsignedChar,
        TypeCode.Int16 => KnownTypes.Short,
        TypeCode.UInt16 => KnownTypes.UnsignedShort,
        TypeCode.Int32 => KnownTypes.Int,
        TypeCode.UInt32 => KnownTypes.UnsignedInt,
        TypeCode.Int64 => KnownTypes.Long,
        TypeCode.UInt64 => KnownTypes.UnsignedLong,
        TypeCode.Single => KnownTypes.Float,
        TypeCode.Double => KnownTypes.Double,
        TypeCode.Char =>
            marshal?.Value is UnmanagedType.U1 or UnmanagedType.I1 ? Abi.Amd64.Types.Char : KnownTypes.Char16,
        _ when type == typeof(nint) || type == typeof(nuint) || type == typeof(ShmAddress) =>
            new ShmType(ShmTypeKind.Address, type.Name, 8, 8),
        _ when type == typeof(Int128) => KnownTypes.Int128,
        _ when type == typeof(UInt128) => KnownTypes.UnsignedInt128,
        _ when type == typeof(Half) => KnownTypes.Half,
        _ => null,
    };

    private static ShmType Enumeration(Type type)
    {
        var result = new ShmType(ShmTypeKind.Enumeration, type.Name, 0, 1) { ClrType = type };
        var values = new List<KeyValuePair<string, Int128>>();
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static))
        {
            values.Add(new KeyValuePair<string, Int128>(field.Name, Exact(field.GetRawConstantValue()!)));
        }

        result.CompleteEnumeration(Plain(Enum.GetUnderlyingType(type), null) ?? KnownTypes.Int, values);
        return result;
    }

    private static ShmType Text(Type type, MemberInfo? member, MarshalAsAttribute? marshal)
    {
        if (marshal is not null && marshal.Value is not (UnmanagedType.ByValTStr or UnmanagedType.ByValArray))
        {
            throw Refuse(
                member?.DeclaringType ?? type,
                $"the string '{member?.Name}' would be a pointer; give it a length with MarshalAs ByValTStr or "
                    + "ShmLength");
        }

        var wide = member?.DeclaringType?.StructLayoutAttribute?.CharSet is CharSet.Unicode;
        return ShmType.ArrayOf(wide ? KnownTypes.Char16 : Abi.Amd64.Types.Char, Length(type, member, marshal));
    }

    private static long Length(Type type, MemberInfo? member, MarshalAsAttribute? marshal)
    {
        var length = marshal is { SizeConst: > 0 }
            ? marshal.SizeConst
            : member?.GetCustomAttribute<ShmLengthAttribute>()?.Length;
        length ??= ValidatedLength(member);
        return length >= 0
            ? length.Value
            : throw Refuse(
                member?.DeclaringType ?? type,
                $"'{member?.Name ?? type.Name}' is {type.Name} without a length; give it one with MarshalAs "
                    + "(ByValArray or ByValTStr, SizeConst) or ShmLength, in a PowerShell class with ValidateCount or "
                    + "ValidateLength");
    }

    /// <summary>
    /// PowerShell's ValidateCount(n, n) and ValidateLength(0, n), the attributes of its own that a class in a script
    /// can carry; found by their names, since this library does not know PowerShell.
    /// </summary>
    private static int? ValidatedLength(MemberInfo? member)
    {
        foreach (var attribute in member?.CustomAttributes ?? [])
        {
            if (attribute.AttributeType.FullName is "System.Management.Automation.ValidateCountAttribute"
                or "System.Management.Automation.ValidateLengthAttribute"
                && attribute.ConstructorArguments is [_, { Value: int maximum }])
            {
                return maximum;
            }
        }

        return null;
    }

    private ShmType Record(Type type)
    {
        if (type.IsInterface || type.IsAbstract || type.IsPrimitive || type == typeof(object)
            || type.ContainsGenericParameters || type.IsByRefLike
            || typeof(Delegate).IsAssignableFrom(type) || typeof(IEnumerable).IsAssignableFrom(type)
            || (type.IsValueType && type.IsAutoLayout))
        {
            throw Refuse(type, "it has no fixed layout");
        }

        if (!_open.Add(type))
        {
            throw Refuse(type, "it holds itself");
        }

        if (_open.Count > ShmType.MaximumDepth)
        {
            throw Refuse(type, $"structs within one another, deeper than {ShmType.MaximumDepth} levels");
        }

        var record = new ShmType(ShmTypeKind.Struct, type.Name, 0, 1) { ClrType = type };
        var result = type.GetCustomAttribute<InlineArrayAttribute>() is { } inline
            ? ShmType.ArrayOf(Map(type.GetFields(Declared)[0].FieldType, null), inline.Length)
            : Lay(record, type);
        _open.Remove(type);
        return result;
    }

    private ShmType Lay(ShmType record, Type type)
    {
        var layout = type.StructLayoutAttribute;
        var pack = layout is { Pack: > 0 } ? layout.Pack : 128;
        var fields = new List<ShmField>();
        long end = 0;
        var alignment = 1;
        foreach (var slot in Slots(type))
        {
            var fieldType = FixedBuffer(slot) ?? Map(slot.Type, slot.Info);
            var own = Math.Min(fieldType.Alignment, pack);
            var offset = slot.Offset ?? (end + own - 1) / own * own;
            fields.Add(new ShmField(slot.Name, TypeNameOf(slot, fieldType), fieldType, offset));
            alignment = Math.Max(alignment, own);
            end = Math.Max(end, offset + fieldType.Size);
            if (end > ShmType.MaximumSize)
            {
                throw Refuse(type, "it is larger than 2^40 bytes");
            }
        }

        if (fields.Count == 0)
        {
            throw Refuse(type, "it has no fields");
        }

        var size = Math.Max((end + alignment - 1) / alignment * alignment, layout?.Size ?? 0);
        record.CompleteRecord(fields, size, alignment);
        return record;
    }

    private static string TypeNameOf(Slot slot, ShmType type) =>
        type.Kind == ShmTypeKind.Array ? $"{type.InnermostElement.Name}[{type.Count}]" : slot.Type.Name;

    private ShmType? FixedBuffer(Slot slot)
    {
        var buffer = slot.Info.GetCustomAttribute<FixedBufferAttribute>();
        return buffer is null ? null : ShmType.ArrayOf(Map(buffer.ElementType, null), buffer.Length);
    }

    private static IEnumerable<Slot> Slots(Type type)
    {
        // A class without explicit layout, like all PowerShell classes: its public members, base class first.
        var byMember = !type.IsValueType && type.IsAutoLayout;
        if (type.BaseType is { } parent && parent != typeof(object) && parent != typeof(ValueType))
        {
            foreach (var slot in Slots(parent))
            {
                yield return slot;
            }
        }

        var fields = type.GetFields(Declared);
        Array.Sort(fields, (a, b) => a.MetadataToken.CompareTo(b.MetadataToken));
        foreach (var field in fields)
        {
            if (!byMember || field.IsPublic)
            {
                yield return new Slot(
                    Readable(field.Name), field.FieldType, Described(type, field),
                    field.GetCustomAttribute<FieldOffsetAttribute>()?.Value);
            }
        }

        if (!byMember)
        {
            yield break;
        }

        var properties = type.GetProperties(Declared);
        Array.Sort(properties, (a, b) => a.MetadataToken.CompareTo(b.MetadataToken));
        foreach (var property in properties)
        {
            if (property is { CanRead: true, CanWrite: true } && property.GetIndexParameters().Length == 0
                && property.GetMethod!.IsPublic)
            {
                yield return new Slot(property.Name, property.PropertyType, property, null);
            }
        }
    }

    /// <summary>
    /// The field behind a property <c>X</c> is <c>&lt;X&gt;k__BackingField</c>; its attributes are the property's.
    /// </summary>
    private static MemberInfo Described(Type type, FieldInfo field) =>
        field.Name[0] == '<' && type.GetProperty(Readable(field.Name), Declared) is { } property
            && !field.IsDefined(typeof(MarshalAsAttribute))
            ? property
            : field;

    private static string Readable(string name)
    {
        var end = name.IndexOf('>', StringComparison.Ordinal);
        return name[0] == '<' && end > 1 ? name[1..end] : name;
    }

    private static ShmDefinitionException Refuse(Type type, string why) =>
        new(1, 1, $"the .NET type '{type.Name}' cannot be in shared memory: {why}.", type);

    private static Int128 Exact(object value) =>
        value is ulong big ? big : Convert.ToInt64(value, CultureInfo.InvariantCulture);
}
