using System.Collections.Generic;

namespace PSSharedMemory.CDeclarations;

/// <summary>This part: which field an error is about.</summary>
internal sealed partial class DeclarationParser
{
    /// <summary>A declaration with more tokens than this has no field's name in its error.</summary>
    private const int LongestMember = 4096;

    /// <summary>Reads one member; an error in it names it.</summary>
    private void NamingMember(ShmType record, List<Member> members)
    {
        var start = _cursor.Position;
        var first = _cursor.Current;
        ShmDefinitionException? failure = null;
        try
        {
            ParseMember(record, members);
        }
        catch (ShmDefinitionException error) when (error.Record is null && IsFrom(first, error))
        {
            failure = error.In(
                _cursor.MemberName(start, error, LongestMember), record.Name.Length == 0 ? null : record.Name);
        }

        ThrowIfFailed(failure);
    }

    /// <summary>
    /// Throws what was caught, once the catch block is over: many levels of blocks that throw from within need more
    /// stack than the levels themselves.
    /// </summary>
    private static void ThrowIfFailed(ShmDefinitionException? failure)
    {
        if (failure is not null)
        {
            throw failure;
        }
    }

    // A type that failed earlier brings the error of its own place.
    private static bool IsFrom(Token first, ShmDefinitionException error) =>
        error.Line > first.Line || (error.Line == first.Line && error.Column >= first.Column);
}
