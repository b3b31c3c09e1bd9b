namespace PSSharedMemory.Commands;

/// <summary>Names of parameter sets that several cmdlets have.</summary>
internal static class ParameterSets
{
    public const string Name = "Name";
    public const string LiteralName = "LiteralName";
    public const string Id = "Id";
    public const string Key = "Key";
    public const string Path = "Path";
    public const string Segment = "Segment";
    public const string Mapping = "Mapping";
    public const string Private = "Private";
    public const string Anonymous = "Anonymous";
    public const string Block = "Block";
    public const string All = "All";
    public const string InputObject = "InputObject";
}
