# On a platform without these calls the module imports, and each cmdlet says PlatformNotSupported. There is no such
# platform at hand: a copy of the module has the one answer changed on which all depends, whether this is Linux.

BeforeAll {
    . "$PSScriptRoot/ChildHost.ps1"

    # In the initializer of ShmPlatform: the call of OperatingSystem.IsLinux() becomes the constant false.
    function Set-NoLinux($Path) {
        $bytes = [IO.File]::ReadAllBytes($Path)
        $image = [System.Reflection.PortableExecutable.PEReader]::new([IO.MemoryStream]::new($bytes))
        $metadata = [System.Reflection.Metadata.PEReaderExtensions]::GetMetadataReader($image)
        $type = $metadata.TypeDefinitions | ForEach-Object { $metadata.GetTypeDefinition($_) } |
            Where-Object { $metadata.GetString($_.Name) -eq 'ShmPlatform' }
        $method = $type.GetMethods() | ForEach-Object { $metadata.GetMethodDefinition($_) } |
            Where-Object { $metadata.GetString($_.Name) -eq '.cctor' }
        $section =
            $image.PEHeaders.SectionHeaders[$image.PEHeaders.GetContainingSectionIndex($method.RelativeVirtualAddress)]
        $code = $method.RelativeVirtualAddress - $section.VirtualAddress + $section.PointerToRawData + 1
        $call, $false0, $nop = 0x28, 0x16, 0
        $bytes[$code] | Should -Be $call -Because 'the initializer begins with the call of IsLinux'
        $bytes[$code] = $false0
        foreach ($i in 1..4) { $bytes[$code + $i] = $nop }
        $image.Dispose()
        [IO.File]::WriteAllBytes($Path, $bytes)
    }
}

Describe 'A platform without shared memory' {
    It 'imports the module, and each cmdlet says PlatformNotSupported' {
        $folder = [IO.Directory]::CreateTempSubdirectory('pst-platform-').FullName
        try {
            cp -r "$PSScriptRoot/../../out/PSSharedMemory" "$folder/PSSharedMemory"
            Set-NoLinux "$folder/PSSharedMemory/PSSharedMemory.Core.dll"
            $lines = Invoke-ChildHost -Module "$folder/PSSharedMemory" -Script @'
$ErrorActionPreference = 'SilentlyContinue'
function New-Empty($Type) { [Runtime.CompilerServices.RuntimeHelpers]::GetUninitializedObject($Type) }
$mapping = New-Empty ([PSSharedMemory.ShmMapping])
$segment = New-Empty ([PSSharedMemory.ShmSegment])
$commands = (Get-Module PSSharedMemory).ExportedCmdlets.Values
foreach ($command in $commands) {
    # Something for what is mandatory, by its type; the set of the mapping where there is one.
    $set = @($command.ParameterSets.Where{ $_.Name -eq 'Mapping' }) + @($command.ParameterSets.Where{ $_.IsDefault }) + $command.ParameterSets
    $arguments = @{}
    foreach ($parameter in $set[0].Parameters.Where{ $_.IsMandatory }) {
        $arguments[$parameter.Name] = switch ($parameter.ParameterType) {
            ([PSSharedMemory.ShmMapping]) { $mapping }
            ([PSSharedMemory.ShmMapping[]]) { $mapping }
            ([PSSharedMemory.ShmSegment]) { $segment }
            ([scriptblock]) { { } }
            ([string]) { '/x' }
            ([string[]]) { '/x' }
            ([Management.Automation.SwitchParameter]) { $true }
            { $parameter.Name -in 'Queue', 'Dictionary' } { '/x' }
            { $parameter.Name -eq 'Protection' } { 'Read' }
            { $parameter.Name -eq 'Advice' } { 'Normal' }
            default { 1 }
        }
    }
    $Error.Clear()
    try { $null = & $command @arguments } catch { }
    "$($command.Name) $($Error[0].FullyQualifiedErrorId -replace ',.*') $($Error[0].CategoryInfo.Category)"
}
"completed $([System.Management.Automation.CommandCompletion]::CompleteInput('Get-ShmSegment -Name /', 22, $null).CompletionMatches.Count)"
'@
            $lines.Count | Should -BeGreaterThan 40
            $lines[-1] | Should -Be 'completed 0'
            @($lines -notmatch '^completed|^[\w-]+ PlatformNotSupported NotInstalled$') -join '; ' | Should -Be ''
        }
        finally {
            [IO.Directory]::Delete($folder, $true)
        }
    }
}
