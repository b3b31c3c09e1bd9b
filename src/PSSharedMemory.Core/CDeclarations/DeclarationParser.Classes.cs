using System.Collections.Generic;
using System.Linq;

namespace PSSharedMemory.CDeclarations;

/// <summary>
/// This part: classes of C++ that others derive from, laid out as the Itanium ABI says: bases first and in order, an
/// empty one without room of its own, and the padding at the end of one that isn't a plain struct used by what follows.
/// </summary>
internal sealed partial class DeclarationParser
{
    private ClassFacts _facts = new();

    /// <summary>What makes a class more than a plain struct.</summary>
    private sealed class ClassFacts
    {
        /// <summary>Whether what follows is public.</summary>
        public bool IsOpen { get; set; } = true;

        /// <summary>Whether data is private or protected.</summary>
        public bool HasHidden { get; set; }

        /// <summary>Whether it declares constructors or a destructor.</summary>
        public bool HasSpecialFunctions { get; set; }

        /// <summary>
        /// Whether it declares some that it leaves to the compiler, or forbids, or others that not all compilers count.
        /// </summary>
        public bool HasDefaultedFunctions { get; set; }
    }

    private List<ShmType> ParseBases()
    {
        var bases = new List<ShmType>();
        _cursor.Advance();
        do
        {
            while (_cursor.Is("public") || _cursor.Is("private") || _cursor.Is("protected"))
            {
                _cursor.Advance();
            }

            var place = _cursor.Current;
            if (place.Is("virtual"))
            {
                throw place.Error(
                    "a virtual base class is found by a hidden pointer that means nothing in another process; its "
                        + "layout is not supported here.");
            }

            var parent = ParseTypeName();
            if (parent.Type.Kind != ShmTypeKind.Struct)
            {
                throw place.Error($"'{parent.Spelling}' cannot be a base class; expected a struct or class.");
            }

            if (!parent.Type.IsComplete)
            {
                throw _scope.FailureOf(parent.Type.Name)
                    ?? place.Error($"'{parent.Spelling}' is not complete here; expected its definition above.");
            }

            if (bases.Contains(parent.Type))
            {
                throw place.Error($"'{parent.Spelling}' is a base class twice.");
            }

            if (parent.Type.IsPaddingDisputed)
            {
                throw place.Error(
                    $"compilers disagree on whether a class derived from '{parent.Spelling}' may use its padding, because of "
                        + "how its constructors or assignments are declared; fill the padding with a field.");
            }

            if (bases.Exists(other => ShareEmpty(other, parent.Type)))
            {
                throw place.Error(
                    $"'{parent.Spelling}' and another base class have one empty class in them; their places are not "
                        + "known here.");
            }

            bases.Add(parent.Type);
        }
        while (_cursor.Accept(","));
        return bases;
    }

    /// <summary>Whether one of the two is empty, and of a class that the other has in it too.</summary>
    private static bool ShareEmpty(ShmType one, ShmType other) => (one.IsEmptyClass || other.IsEmptyClass)
        && one.EmptyBases.Append(one).Intersect(other.EmptyBases.Append(other)).Any();

    /// <summary>
    /// Two objects of one empty class must have different addresses; how compilers arrange that isn't modelled here.
    /// </summary>
    private static void RefuseEmptyFields(List<Member> members)
    {
        foreach (var member in members)
        {
            if (HasEmpty(member.Type.Type))
            {
                throw member.Place.Error(
                    $"'{member.Name}' has an empty class in it, beside an empty base class; its place is not known "
                        + "here.");
            }
        }
    }

    private static bool HasEmpty(ShmType type)
    {
        var record = type.InnermostElement;
        foreach (var field in record.Fields)
        {
            if (HasEmpty(field.Type))
            {
                return true;
            }
        }

        return record.IsEmptyClass || record.EmptyBases.Count > 0;
    }

    /// <summary>What a derived class has to know.</summary>
    private static void NoteClass(
        ShmType record, List<Member> members, List<ShmType> bases, ClassFacts facts, bool isEmpty)
    {
        record.IsEmptyClass = isEmpty;
        record.LendsPadding = bases.Count > 0 || facts.HasHidden || facts.HasSpecialFunctions
            || members.Exists(static member => Lends(member.Type.Type));
        record.EmptyBases =
        [
            .. bases.SelectMany(static parent => parent.EmptyBases),
            .. bases.Where(static parent => parent.IsEmptyClass),
        ];
        if (!record.LendsPadding)
        {
            record.IsPaddingDisputed = record.DataSize != record.Size && (facts.HasDefaultedFunctions
                || members.Exists(static member => member.Type.Type.InnermostElement.IsPaddingDisputed));
            record.DataSize = record.Size;
        }
    }

    private static bool Lends(ShmType type) =>
        type.LendsPadding || (type.Kind == ShmTypeKind.Array && Lends(type.ElementType!));
}
