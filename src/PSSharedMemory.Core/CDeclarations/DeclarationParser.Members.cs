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
        try
        {
            ParseMember(record, members);
        }
        catch (ShmDefinitionException error) when (error.Record is null && IsFrom(first, error))
        {
            throw error.In(
                _cursor.MemberName(start, error, LongestMember), record.Name.Length == 0 ? null : record.Name);
        }
    }

    // A type that failed earlier brings the error of its own place.
    private static bool IsFrom(Token first, ShmDefinitionException error) =>
        error.Line > first.Line || (error.Line == first.Line && error.Column >= first.Column);

    /// <summary>Refuses <c>int c::*m</c> and <c>int (c::*m)()</c> of C++.</summary>
    private void RefuseMemberPointer()
    {
        if (!_cursor.Current.IsName)
        {
            return;
        }

        var count = 1;
        while (_cursor.Ahead(count).Is("::") && _cursor.Ahead(count + 1).IsName)
        {
            count += 2;
        }

        if (_cursor.Ahead(count).Is("::") && _cursor.Ahead(count + 1).Is("*"))
        {
            throw _cursor.Current.Error(
                "a pointer to a member is an offset or a function's address that only its own program can follow; "
                    + "expected an integer such as 'long' (g++ takes 8 bytes for one to data, 16 for one to a "
                    + "function).");
        }
    }
}
