using System;
using System.Collections.Generic;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;

namespace PSSharedMemory;

/// <summary>
/// .NET enums for C enumerations, so that a value shows its name, compares with it and is still a number.
/// </summary>
internal static class EnumTypes
{
    // Lives as long as the type it was made for; the assembly is collected with it.
    private static readonly ConditionalWeakTable<IReadOnlyList<KeyValuePair<string, Int128>>, Type> Made = new();

    /// <summary>The enum; its underlying number if no code can be generated at run time (native AOT).</summary>
    [UnconditionalSuppressMessage("AOT", "IL3050", Justification = "It is asked first whether code can be made.")]
    public static Type Of(ShmType type)
    {
        if (type.ClrType is { IsEnum: true } known)
        {
            return known;
        }

        return RuntimeFeature.IsDynamicCodeSupported
            ? Made.GetValue(type.Enumerators, _ => Make(type))
            : NumberOf(type.ElementType!);
    }

    [RequiresDynamicCode("An enum is made at run time.")]
    private static TypeInfo Make(ShmType type)
    {
        var number = NumberOf(type.ElementType!);
        var name = type.Name.Length == 0 ? "enum" : type.Name;
        var assembly = AssemblyBuilder.DefineDynamicAssembly(
            new AssemblyName("PSSharedMemory.Enums." + name), AssemblyBuilderAccess.RunAndCollect);
        var builder = assembly.DefineDynamicModule("Enums").DefineEnum(name, TypeAttributes.Public, number);
        foreach (var enumerator in type.Enumerators)
        {
            builder.DefineLiteral(enumerator.Key, Boxed(enumerator.Value, number));
        }

        return builder.CreateTypeInfo();
    }

    private static Type NumberOf(ShmType type) => (type.Size, type.IsSigned) switch
    {
        (1, true) => typeof(sbyte),
        (1, false) => typeof(byte),
        (2, true) => typeof(short),
        (2, false) => typeof(ushort),
        (4, true) => typeof(int),
        (4, false) => typeof(uint),
        (8, true) => typeof(long),
        _ => typeof(ulong),
    };

    private static object Boxed(Int128 value, Type number) => Type.GetTypeCode(number) switch
    {
        TypeCode.SByte => unchecked((sbyte)value),
        TypeCode.Byte => unchecked((byte)value),
        TypeCode.Int16 => unchecked((short)value),
        TypeCode.UInt16 => unchecked((ushort)value),
        TypeCode.Int32 => unchecked((int)value),
        TypeCode.UInt32 => unchecked((uint)value),
        TypeCode.Int64 => unchecked((long)value),
        _ => unchecked((ulong)value),
    };
}
