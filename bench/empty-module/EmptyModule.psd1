# What any module that is installed has at least.
@{
    RootModule        = 'EmptyModule.dll'
    ModuleVersion     = '1.0.0'
    FunctionsToExport = @()
    AliasesToExport   = @()
    VariablesToExport = @()
    CmdletsToExport   = @('Read-Empty', 'Write-Empty')
}
