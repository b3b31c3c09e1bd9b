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
            { $segment | Should -HaveShmHolder 2 -Because 'it is a test' } |
                Should -Throw '*held by 2 processes, because it is a test*'
        }
        finally { $mapping.Dispose() }
    }

    It 'sees what exists' {
        "/$prefix-should" | Should -ExistAsShm
        "/$prefix-none" | Should -Not -ExistAsShm
        { "/$prefix-none" | Should -ExistAsShm } | Should -Throw
        { "/$prefix-none" | Should -HaveShmHolder 0 } | Should -Throw -ErrorId 'PesterAssertionFailed'
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
        Set-Content "/dev/shm/$prefix-other" 'x' -NoNewline
        Move-Item "/dev/shm/$prefix-other" "/dev/shm/$prefix-same" -Force
        try {
            "/$prefix-same" | Should -ExistAsShm
            $listed | Should -Not -ExistAsShm
        }
        finally { Remove-Item "/dev/shm/$prefix-same" -ErrorAction Ignore }
    }

    It 'is not green where nothing was looked for' {
        foreach ($bad in $null, '', '/two/../dots', 17.5, '4711', (Get-Process -Id $PID)) {
            { $bad | Should -ExistAsShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
            { $bad | Should -Not -ExistAsShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
            { $bad | Should-NotExistShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
            { $bad | Should -Not -HaveShmHolder 3 } | Should -Throw -ErrorId 'PesterAssertionFailed'
        }
        { "$prefix-should" | Should -Not -ExistAsShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
        # A pattern that matches something is not the name of nothing.
        { "$prefix-shoul?" | Should -Not -ExistAsShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { "$prefix-shoul*" | Should-NotExistShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
        "$prefix-nothing*" | Should -Not -ExistAsShm
        "/dev/shm/$prefix-should" | Should -ExistAsShm
    }

    It 'looks at mode, owner and values' {
        $segment | Should -HaveShmMode 0600
        $segment | Should -HaveShmMode 'rw-------'
        $segment | Should -Not -HaveShmMode 0640
        { $segment | Should -HaveShmMode 0640 } | Should -Throw -ErrorId 'PesterAssertionFailed'
        $segment | Should -HaveShmOwner ([Environment]::UserName)
        { $segment | Should -HaveShmOwner nobody-of-that-name } | Should -Throw -ErrorId 'PesterAssertionFailed'
        $segment | Write-ShmData 42, 43
        $segment | Should -HaveShmValue 42
        $segment | Should -HaveShmValue 42, 43 -Count 2
        "$prefix-should" | Should -HaveShmValue 43 -Offset 4 -As uint32_t
        $segment | Should -HaveShmValue 43 -As 'struct { int a; int b; }' -Field b
        $segment | Should -Not -HaveShmValue 7
        $segment | Should -HaveShmValue 42 -Within 2s
        { $segment | Should -HaveShmValue 7 -Within 50ms } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { $segment | Should -HaveShmMode 'rwxz' } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { $segment | Should -Not -HaveShmMode 'rwxz' } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { $segment | Should -HaveShmValue 7 -Within 0.05 } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { $segment | Should -Not -HaveShmValue 7 -Offset 1MB } | Should -Throw -ErrorId 'PesterAssertionFailed'
    }

    It 'speaks the style of Pester 6' {
        "$prefix-should" | Should-ExistShm
        Should-NotExistShm "/$prefix-none"
        $segment | Should-HaveShmHolder 0
        $segment | Should-HaveShmMode 0600
        $segment | Should-HaveShmSize 4KB
        "$prefix-should" | Should-HaveShmSize '4 KB'
        { $segment | Should-HaveShmSize 4 } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { $segment | Should-HaveShmSize much } | Should -Throw -ErrorId 'PesterAssertionFailed'
        $segment | Should-HaveShmOwner ([Environment]::UserName)
        $segment | Should-HaveShmValue 43 -Offset 4
        { "/$prefix-none" | Should-ExistShm -Because 'it was made' } |
            Should -Throw -ErrorId 'PesterAssertionFailed' -ExpectedMessage '*because it was made*'
        { $segment | Should-HaveShmHolder 1 } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { $segment | Should-HaveShmValue 7 } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { { $script:left = New-ShmSegment -Private -Size 100 } | Should-NotLeakShm } |
            Should -Throw -ErrorId 'PesterAssertionFailed'
        $left | Remove-ShmSegment
        { { $script:left = New-ShmSegment -Private -Size 100 } | Should -Not -LeakShm } |
            Should -Throw -ErrorId 'PesterAssertionFailed'
        $left | Remove-ShmSegment
    }

    It 'tests each that is piped, and fails where nothing is' {
        "/$prefix-should", $segment | Should-ExistShm
        { "/$prefix-none", "/$prefix-should" | Should-ExistShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { "/$prefix-should", "/$prefix-none" | Should-NotExistShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { Get-ShmSegment "/$prefix-none*" | Should-ExistShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
        { Get-ShmSegment "/$prefix-none*" | Should-HaveShmMode 0600 } |
            Should -Throw -ErrorId 'PesterAssertionFailed'
        { Get-ShmSegment "/$prefix-none*" | Should -ExistAsShm } | Should -Throw -ErrorId 'PesterAssertionFailed'
    }

    It 'fails a block that leaks' {
        # Another process may leave an object of unknown origin at the same moment; it does not do so every time.
        $isClean = $false
        for ($i = 0; $i -lt 20 -and -not $isClean; $i++) {
            try { { $null = 1 } | Should -Not -LeakShm; $isClean = $true } catch { $noise = $_ }
        }
        $isClean | Should -BeTrue -Because "$noise"
        { { $script:leaked = New-ShmSegment -Private -Size 100 } | Should -Not -LeakShm } |
            Should -Throw '*left Segment id*'
        $leaked | Remove-ShmSegment
    }
}
