using System;
using System.Collections.Generic;
using System.Management.Automation;
using System.Reflection;
using System.Runtime.CompilerServices;

namespace PSSharedMemory.Commands;

/// <summary>
/// Structs as PowerShell objects: a PSCustomObject with the fields' names, or an instance of the class that served as
/// the type.
/// </summary>
internal sealed class PowerShellRecords : ShmRecordFactory
{
    private readonly ConditionalWeakTable<ShmType, Shape> _shapes = new();

    public override Type RecordType => typeof(object);

    public override object Create(ShmType type, object?[] values)
    {
        var shape = _shapes.GetValue(type, static type => new Shape(type));
        return shape.Members is null
            ? CustomObject(shape, values)
            : Instance(type.GetClrType()!, shape.Members, values);
    }

    /// <summary>
    /// Has the type name 'ShmType#order', by which a user's format or type file can find it.
    /// </summary>
    private static PSObject CustomObject(Shape shape, object?[] values)
    {
        var names = shape.Names;
        var result = new PSObject();
        result.TypeNames.Insert(0, shape.TypeName);
        var properties = result.Properties;
        for (var i = 0; i < names.Length; i++)
        {
            properties.Add(new PSNoteProperty(names[i], values[i]), preValidated: true);
        }

        return result;
    }

    private static object Instance(Type type, MemberInfo[] members, object?[] values)
    {
        var result = Activator.CreateInstance(type)!;
        for (var i = 0; i < members.Length; i++)
        {
            if (members[i] is FieldInfo field)
            {
                field.SetValue(result, Fitting(values[i], field.FieldType));
            }
            else if (members[i] is PropertyInfo property)
            {
                property.SetValue(result, Fitting(values[i], property.PropertyType));
            }
        }

        return result;
    }

    private static object? Fitting(object? value, Type type) =>
        value is null || type.IsInstanceOfType(value)
            ? value
            : LanguagePrimitives.ConvertTo(value, type, System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>What is found out once for a type: the names of its properties, or the members of its class.</summary>
    private sealed class Shape
    {
        public Shape(ShmType type)
        {
            Names = DistinctNames(type);
            Members = MembersOf(type);
            TypeName = "ShmType#" + (type.Name.Length > 0 ? type.Name : "struct");
        }

        public string TypeName { get; }

        public string[] Names { get; }

        public MemberInfo[]? Members { get; }

        /// <summary>C tells <c>a</c> from <c>A</c>, PowerShell does not: the second is called <c>A_2</c>.</summary>
        private static string[] DistinctNames(ShmType type)
        {
            var names = new string[type.Fields.Count];
            var taken = new HashSet<string>(names.Length, StringComparer.OrdinalIgnoreCase);
            for (var i = 0; i < names.Length; i++)
            {
                names[i] = type.Fields[i].Name;
                for (var n = 2; !taken.Add(names[i]); n++)
                {
                    names[i] = $"{type.Fields[i].Name}_{n}";
                }
            }

            return names;
        }

        private static MemberInfo[]? MembersOf(ShmType type)
        {
            const BindingFlags All = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;
            if (type.GetClrType() is not { } clr
                || (!clr.IsValueType && clr.GetConstructor(All, Type.EmptyTypes) is not { IsPublic: true }))
            {
                return null;
            }

            var members = new MemberInfo[type.Fields.Count];
            for (var i = 0; i < members.Length; i++)
            {
                var name = type.Fields[i].Name;
                var member = (MemberInfo?)clr.GetField(name, All) ?? clr.GetProperty(name, All);
                if (member is null or PropertyInfo { CanWrite: false })
                {
                    member = clr.GetField($"<{name}>k__BackingField", All);
                }

                if (member is null or FieldInfo { FieldType.IsPointer: true }
                    || Attribute.IsDefined(member, typeof(FixedBufferAttribute)))
                {
                    return null;
                }

                members[i] = member;
            }

            return members;
        }
    }
}
