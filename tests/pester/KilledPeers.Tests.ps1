# Programs that share a queue or a dictionary are killed: at every instruction (C), at random (C#), all of them together.
# PSSHM_KILLS sets how many: some 10,000 by hand; few here.

BeforeDiscovery {
    . "$PSScriptRoot/Peers.ps1"
    $noCompiler = -not (Test-Compiler)
    $noSteps = $noCompiler -or [Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -ne 'X64'
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/Peers.ps1"
    $include = [IO.Path]::GetFullPath("$PSScriptRoot/../../include")
}

Describe 'A C program that is killed' -Tag Compiler, Slow -Skip:$noSteps {
    It 'leaves a <what> that the others go on with, whatever instruction it is killed at' -ForEach @(
        @{ what = 'queue' }, @{ what = 'dictionary' }
    ) {
        # Every 97th instruction of each; `<what>-killer 1` takes them all.
        $said = & (Get-NativeProgram "$what-killer.c" -Option "-I$include") 97
        $said[-1] | Should -Match '^kills \d{2,} held [1-9]\d* failures 0$' -Because ($said -join "`n")
        $LASTEXITCODE | Should -Be 0
    }
}
