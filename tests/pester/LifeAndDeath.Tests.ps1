# Who holds on to a segment, and when it ends. ipcs, /proc and child processes are the witnesses.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    . "$PSScriptRoot/ChildHost.ps1"
    $name = "/pst-pages-life-$PID"
    $file = "/dev/shm$name"
    function Get-Ipcs($Id) { ipcs -m | Where-Object { (-split $_)[1] -eq $Id } }
    function Wait-Until([scriptblock] $Condition) {
        $clock = [System.Diagnostics.Stopwatch]::StartNew()
        while (-not (& $Condition)) {
            if ($clock.Elapsed.TotalSeconds -gt 20) { throw "Waited in vain for $Condition" }
            [GC]::Collect(); [GC]::WaitForPendingFinalizers()
            [System.Threading.Thread]::Sleep(10)
        }
    }
}

AfterAll { Remove-Item $file -ErrorAction Ignore }

Describe 'A System V segment' {
    It 'that is removed lives until its last detach: RemovalPending, and usable' {
        $segment = New-ShmSegment -Key ('0x7053{0:x4}' -f ($PID % 65536)) -Size 4KB
        $first = $segment | Mount-ShmSegment
        $segment | Remove-ShmSegment
        Get-Ipcs $segment.Id | Should -BeLike '*dest*'

        $now = Get-ShmSegment -Id $segment.Id
        $now.Status | Should -Be 'RemovalPending'
        $now.Key | Should -Be 0
        $now.AttachCount | Should -Be 1
        # It is the same segment, though its key is gone: who has listed it can still mount it by its id.
        $second = $segment | Mount-ShmSegment
        $second.Writer.WriteInt32(0, 3)
        $first.Reader.ReadInt32(0) | Should -Be 3
        (Get-ShmSegment -Id $segment.Id).AttachCount | Should -Be 2
        $first.Dispose()
        Get-Ipcs $segment.Id | Should -Not -BeNullOrEmpty
        $second.Dispose()
        Get-Ipcs $segment.Id | Should -BeNullOrEmpty
        { Get-ShmSegment -Id $segment.Id -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
        { $segment | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'SegmentNotFound*'
    }

    It 'that is ephemeral is gone even if its only holder is killed' {
        $id = Invoke-ChildHost @'
            $mapping = New-ShmSegment -Private -Size 4KB -Mount -Ephemeral
            $mapping.Segment.Id
            [Console]::Out.Flush()
            kill -KILL $PID
'@
        $LASTEXITCODE | Should -Be 137
        $id | Should -Match '^\d+$'
        Get-Ipcs $id | Should -BeNullOrEmpty
    }
}

Describe 'A POSIX object' {
    It 'whose name is removed stays for those who have mounted it' {
        $mapping = New-ShmSegment $name -Size 4KB -Mount
        $mapping.Segment | Remove-ShmSegment
        Test-Path $file | Should -BeFalse
        $mapping.Writer.WriteInt32(0, 3)
        $mapping.Reader.ReadInt32(0) | Should -Be 3
        Get-Content /proc/self/maps -Raw | Should -BeLike "*/$(Split-Path $file -Leaf) (deleted)*"
        $mapping.Dispose()
        Get-Content /proc/self/maps -Raw | Should -Not -BeLike "*$file*"
    }

    It 'that is removed and made again is IdentityChanged for whoever listed the old one' {
        $old = New-ShmSegment $name -Size 4KB
        $mapping = $old | Mount-ShmSegment
        $old | Remove-ShmSegment
        $new = New-ShmSegment $name -Size 4KB
        { $old | Mount-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*'
        { $old | Remove-ShmSegment -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*'
        { $mapping.Segment | Resize-ShmSegment -Size 8KB -ErrorAction Stop } | Should -Throw -ErrorId 'IdentityChanged*'
        Test-Path $file | Should -BeTrue
        $mapping.Writer.WriteInt32(0, 3)
        [BitConverter]::ToInt32((Get-Content $file -AsByteStream -Raw), 0) | Should -Be 0
        $mapping.Dispose()
        $new | Remove-ShmSegment
    }
}

Describe 'A mapping' {
    It 'in a dropped variable is released by its finalizer: <_>' -ForEach 'Posix', 'SysV' {
        if ($_ -eq 'Posix') {
            $null = New-ShmSegment $name -Size 4KB
            & { $null = (Mount-ShmSegment $name).Reader.ReadByte(0) }
            Wait-Until { (Get-Content /proc/self/maps -Raw) -notlike "*$file*" }
            Remove-ShmSegment $name
        }
        else {
            $segment = New-ShmSegment -Private -Size 4KB
            & { $null = ($segment | Mount-ShmSegment).Reader.ReadByte(0) }
            Wait-Until { (Get-ShmSegment -Id $segment.Id).AttachCount -eq 0 }
            $segment | Remove-ShmSegment
        }
    }

    It 'that is dismounted twice is MappingDismounted; to dispose of it twice is nothing' {
        $mapping = New-ShmSegment -Private -Size 4KB -Mount -Ephemeral
        $mapping.Dispose()
        $mapping.Dispose()
        { Dismount-ShmSegment $mapping -ErrorAction Stop } | Should -Throw -ErrorId 'MappingDismounted*'
    }

    It 'is dismounted under readers in other threads, who only see MappingDismounted' {
        $segment = New-ShmSegment $name -Size 64KB
        $mapping = $segment | Mount-ShmSegment
        $shells = 1..3 | ForEach-Object {
            $shell = [powershell]::Create([initialsessionstate]::CreateDefault2()).AddScript({
                param($mapping)
                $count = 0
                try { while ($true) { $null = $mapping.Reader.ReadBytes(0, 64KB); $count++ } }
                catch { "$($_.Exception.InnerException.ErrorId)" }
            }).AddArgument($mapping)
            [pscustomobject]@{ Shell = $shell; Run = $shell.BeginInvoke() }
        }
        [System.Threading.Thread]::Sleep(50)
        Dismount-ShmSegment $mapping
        foreach ($running in $shells) {
            $running.Shell.EndInvoke($running.Run) | Should -Be 'MappingDismounted'
            $running.Shell.Dispose()
        }
        $segment | Remove-ShmSegment
    }

    It 'is in the list of its process as long as it is mounted, in the order of mounting' {
        $segment = New-ShmSegment $name -Size 4KB
        $mappings = 1..3 | ForEach-Object { $segment | Mount-ShmSegment }
        $mine = { @(Get-ShmMapping | Where-Object { $_.Segment.Name -eq $name }) }
        (& $mine).ForEach{ $_.Address } | Should -Be $mappings.ForEach{ $_.Address }
        $mappings[1].Dispose()
        (& $mine).ForEach{ $_.Address } | Should -Be @($mappings[0].Address, $mappings[2].Address)
        $mappings | ForEach-Object { $_.Dispose() }
        & $mine | Should -BeNullOrEmpty
        $segment | Remove-ShmSegment
    }
}
