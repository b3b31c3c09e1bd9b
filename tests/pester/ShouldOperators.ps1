# Run by the real Pester alone, from ShouldOperators.Tests.ps1: only it can be given operators.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $prefix = "pst-should-$PID"
}

Describe 'Register-ShmShouldOperator' {
    BeforeAll {
        Register-ShmShouldOperator
        $segment = New-ShmSegment -Name "/$prefix-should" -Size 4096
    }

    AfterAll { $segment | Remove-ShmSegment }

    It 'can be called twice' { { Register-ShmShouldOperator } | Should -Not -Throw }

    It 'counts holders' {
        $segment | Should -HaveShmHolder 0
        $mapping = $segment | Mount-ShmSegment
        try {
            $segment | Should -HaveShmHolder 1
            "/$prefix-should" | Should -HaveShmHolder 1
            "/$prefix-should" | Should -Not -HaveShmHolder 2
            { $segment | Should -HaveShmHolder 2 -Because 'it is a test' } | Should -Throw '*held by 2 processes, because it is a test*'
        }
        finally { $mapping.Dispose() }
    }

    It 'sees what exists' {
        "/$prefix-should" | Should -ExistAsShm
        "/$prefix-none" | Should -Not -ExistAsShm
        { "/$prefix-none" | Should -ExistAsShm } | Should -Throw
        { "/$prefix-none" | Should -HaveShmHolder 0 } | Should -Throw -ErrorId 'SegmentNotFound,*'
    }

    It 'takes System V segments by id and as objects, and no other in their place' {
        $mapping = New-ShmSegment -Private -Size 100 -Mount
        $sysv = $mapping.Segment
        $sysv.Id | Should -ExistAsShm
        $sysv | Should -ExistAsShm
        $mapping | Should -ExistAsShm
        $sysv.Id | Should -HaveShmHolder 1
        { $sysv | Should -Not -ExistAsShm } | Should -Throw
        $mapping.Dispose()
        $sysv | Remove-ShmSegment
        $sysv | Should -Not -ExistAsShm
        { $sysv | Should -ExistAsShm } | Should -Throw

        $listed = New-ShmSegment -Name "/$prefix-same" -Size 100
        [IO.File]::WriteAllText("/dev/shm/$prefix-other", 'x')
        [IO.File]::Move("/dev/shm/$prefix-other", "/dev/shm/$prefix-same", $true)
        try {
            "/$prefix-same" | Should -ExistAsShm
            $listed | Should -Not -ExistAsShm
        }
        finally { [IO.File]::Delete("/dev/shm/$prefix-same") }
    }

    It 'fails a block that leaks' {
        # Another process may leave an object of unknown origin at the same moment; it does not do so every time.
        $isClean = $false
        for ($i = 0; $i -lt 20 -and -not $isClean; $i++) {
            try { { $null = 1 } | Should -LeakNoShm; $isClean = $true } catch { $noise = $_ }
        }
        $isClean | Should -BeTrue -Because "$noise"
        { { $script:leaked = New-ShmSegment -Private -Size 100 } | Should -LeakNoShm } | Should -Throw '*left Segment id*'
        $leaked | Remove-ShmSegment
    }
}
