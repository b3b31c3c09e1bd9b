# Other cultures: a Turkish i, a decimal comma, other digits. What is typed means the same, and messages stay English.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "pst-culture-$PID"
    $null = New-ShmSegment $name -Size 64KB
    $before = [cultureinfo]::CurrentCulture
}

AfterAll {
    [cultureinfo]::CurrentCulture = $before
    Get-ShmSegment "$name*" | Remove-ShmSegment
}

Describe 'In <_>' -ForEach 'tr-TR', 'de-DE', 'ar-SA' {
    BeforeEach { [cultureinfo]::CurrentCulture = $_ }
    AfterEach { [cultureinfo]::CurrentCulture = $before }

    It 'names of limits, checks, origins, types and kinds are found in any case' {
        (Get-ShmLimit shmmni).Name | Should -BeExactly 'SHMMNI'
        (Get-ShmLimit shm*ni).Name | Should -BeExactly 'SHMMNI'
        (Test-ShmHost SHMSIZE).Name | Should -BeExactly 'ShmSize'
        (TabExpansion2 'Test-ShmHost shmsi' 18).CompletionMatches.CompletionText | Should -BeExactly 'ShmSize'
        Write-ShmData $name 7 -As INT32
        Read-ShmData $name int32 | Should -Be 7
        @(Get-ShmSegment "$name*" -Kind POSIX).Count | Should -Be 1
        (Mount-ShmSegment $name -Protection READ, WRITE | ForEach-Object { $_.Protection; $_.Dispose() }) |
            Should -Be 'Read, Write'
    }

    It 'numbers, times and sizes are read and said as everywhere' {
        Write-ShmData $name 1.5 -As Double -Offset 8
        Read-ShmData $name Double -Offset 8 | Should -Be 1.5
        { Find-ShmOrphan -OlderThan 1.5h } | Should -Not -Throw
        $failed = { Wait-ShmValue $name -Equal 9 -TimeoutSec 0.25 -ErrorAction Stop } |
            Should -Throw -ErrorId 'WaitTimeout,*' -PassThru
        $failed.Exception.Message | Should -Match '\b0\.25 s\b'
        $failed = { Wait-ShmSegment "$name-no" -TimeoutSec 0.25 -ErrorAction Stop } |
            Should -Throw -ErrorId 'WaitTimeout,*' -PassThru
        $failed.Exception.Message | Should -Match '\b0\.25 s\b'
        $odd = New-ShmSegment "$name-odd" -Size 1.5KB
        $odd | Out-String | Should -Match '\b1\.5 KB\b'
        (Get-ShmLimit SHMMNI | ConvertTo-ShmMetric) -match 'shm_limit_value' | Select-Object -Last 1 |
            Should -Match ' [0-9]+$'
        Remove-ShmSegment $odd
    }
}
