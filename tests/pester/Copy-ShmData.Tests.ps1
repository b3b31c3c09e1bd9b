# Bytes from here to there: overlapping, between families, files and arrays. Witnesses: the files, cmp and Perl.

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-data-copy-$PID"
    $file = "/dev/shm$name"
}

Describe 'Copy-ShmData' {
    BeforeEach {
        $mapping = New-ShmSegment $name -Size 300KB -Mount
        $private = New-ShmSegment -Private -Size 300KB
        $sysv = Mount-ShmSegment -Segment $private
        Remove-ShmSegment -Segment $private
        $folder = [System.IO.Directory]::CreateTempSubdirectory('pst-data-')
    }

    AfterEach {
        $mapping.Dispose()
        $sysv.Dispose()
        Remove-Item $file -ErrorAction Ignore
        $folder.Delete($true)
    }

    It 'moves overlapping bytes by <Distance> within <Through> as memmove does' -ForEach @(
        foreach ($through in 'one mapping', 'two mappings') {
            foreach ($distance in 1, -1, 5000, -5000, 47000) { @{ Distance = $distance; Through = $through } }
        }
    ) {
        perl -e 'srand 1; open F, "+<", $ARGV[0]; syswrite F, join "", map { chr int rand 256 } 1..300*1024' $file
        Copy-Item $file "$folder/expected"
        perl -e '($f, $d) = @ARGV; open F, "+<", $f; seek F, 110000, 0; read F, $b, 150000; seek F, 110000 + $d, 0; syswrite F, $b' "$folder/expected" $Distance
        $again = Mount-ShmSegment $name
        try {
            $destination = if ($Through -eq 'one mapping') { $mapping } else { $again }
            Copy-ShmData $mapping -Offset 110000 -Length 150000 -Destination $destination -DestinationOffset (110000 +
                $Distance)
        }
        finally { $again.Dispose() }
        cmp $file "$folder/expected" | Should -BeNullOrEmpty
    }

    It 'goes between the families' {
        Write-ShmData $mapping 'from posix' -Offset 1000
        Copy-ShmData $mapping $sysv
        Read-ShmData $sysv -Offset 1000 -As CString | Should -BeExactly 'from posix'
        Write-ShmData $sysv 'from sysv' -Offset 2000
        Copy-ShmData $sysv -Offset 2000 -Length 9 -DestinationName $name -DestinationOffset 3
        [System.Text.Encoding]::ASCII.GetString((Get-Content $file -AsByteStream -Raw), 3, 9) |
            Should -BeExactly 'from sysv'
    }

    It 'goes to a file and back' {
        Write-ShmData $mapping 'kept' -Offset 500
        Copy-ShmData $mapping -DestinationPath "$folder/dump"
        cmp $file "$folder/dump" | Should -BeNullOrEmpty
        Clear-ShmData $mapping
        Copy-ShmData -Path "$folder/dump" -Destination $mapping
        cmp $file "$folder/dump" | Should -BeNullOrEmpty
    }

    It 'replaces a file only when it is told to, and goes into one at an offset' {
        Set-Content "$folder/dump" '0123456789' -NoNewline
        { Copy-ShmData $mapping -DestinationPath "$folder/dump" -ErrorAction Stop } |
            Should -Throw -ErrorId 'NoClobber,*'
        Get-Content "$folder/dump" -Raw | Should -BeExactly '0123456789'
        Write-ShmData $mapping 'ABC'
        Copy-ShmData $mapping -Length 3 -DestinationPath "$folder/dump" -DestinationOffset 4
        Get-Content "$folder/dump" -Raw | Should -BeExactly '0123ABC789'
        Copy-ShmData $mapping -Length 3 -DestinationPath "$folder/dump" -Force
        Get-Content "$folder/dump" -Raw | Should -BeExactly 'ABC'
    }

    It 'goes to and from arrays' {
        $bytes = [byte[]]::new(5)
        Write-ShmData $mapping 'hello' -Offset 9
        Copy-ShmData $mapping -Offset 9 -Length 5 -Destination $bytes
        [System.Text.Encoding]::ASCII.GetString($bytes) | Should -BeExactly 'hello'
        Copy-ShmData -Value $bytes -Offset 1 -Destination $mapping -DestinationOffset 20
        Read-ShmData $mapping -Offset 20 -As CString | Should -BeExactly 'ello'
    }

    It 'writes nothing: <Id> for <Why>' -ForEach @(
        @{ Id = 'OutOfRange'; Why = 'a destination that is too small'; Arguments = @{ DestinationOffset = 1 } }
        @{ Id = 'OutOfRange'; Why = 'a length behind the end'; Arguments = @{ Length = 300KB + 1 } }
        @{ Id = 'OutOfRange'; Why = 'a negative offset'; Arguments = @{ DestinationOffset = -1; Length = 1 } }
        @{ Id = 'PageProtected'; Why = 'one page among others'; Arguments = @{}; Protect = $true }
    ) {
        Write-ShmData $mapping 'x'
        if ($Protect) { Set-ShmProtection $sysv -Protection Read -Offset 8192 -Length 4096 }
        { Copy-ShmData $mapping -Destination $sysv @Arguments -ErrorAction Stop } | Should -Throw -ErrorId "$Id,*"
        Search-ShmData $sysv 'x' | Should -BeNullOrEmpty
    }

    It 'changes nothing with -WhatIf' {
        Write-ShmData $mapping 'x'
        Copy-ShmData $mapping -Destination $sysv -WhatIf
        Copy-ShmData $mapping -DestinationPath "$folder/new" -WhatIf
        Search-ShmData $sysv 'x' | Should -BeNullOrEmpty
        Test-Path "$folder/new" | Should -BeFalse
    }

    It 'takes its source from the pipeline' {
        Write-ShmData $mapping 'piped' -Offset 4
        $bytes = [byte[]]::new(300KB)
        Get-ShmSegment $name | Copy-ShmData -Destination $bytes
        [System.Text.Encoding]::ASCII.GetString($bytes, 4, 5) | Should -BeExactly 'piped'
        $mapping | Copy-ShmData -Destination $sysv
        Read-ShmData $sysv -Offset 4 -As CString | Should -BeExactly 'piped'
    }

    It 'wants one destination' {
        { Copy-ShmData $mapping } | Should -Throw -ErrorId 'AmbiguousParameterSet,*'
    }

    It 'never hangs on <What> where a file is expected' -ForEach @(
        @{ What = 'a pipe'; Make = { mkfifo $args[0] } }
        @{ What = 'a folder'; Make = { mkdir $args[0] } }
        @{ What = 'a device'; Make = { ln -s /dev/zero $args[0] } }
        @{
            What = 'a socket'
            Make = { perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => $ARGV[0], Listen => 1)' $args[0] }
        }
    ) {
        $place = (New-Item -ItemType Directory "$([IO.Path]::GetTempPath())/pst-odd-$([guid]::NewGuid())").FullName
        $odd = "$place/odd"
        & $Make $odd
        $segment = New-ShmSegment "/pst-odd-$PID" -Size 8
        try {
            { Copy-ShmData -Path $odd -DestinationName $segment.Name -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind,*'
            { Compare-ShmData $segment.Name -DifferencePath $odd -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind,*'
            if ($What -ne 'a device') {
                { Copy-ShmData -Name $segment.Name -DestinationPath $odd -DestinationOffset 0 -ErrorAction Stop } |
                    Should -Throw -ErrorId 'NotSupportedByKind,*'
                { Copy-ShmData -Name $segment.Name -DestinationPath $odd -Force -ErrorAction Stop } |
                    Should -Throw -ErrorId 'NotSupportedByKind,*'
            }
        }
        finally {
            Remove-ShmSegment $segment
            Remove-Item $place -Recurse -Force
        }
    }

    It 'says of a file that tells no size that it cannot be read as a whole' {
        $segment = New-ShmSegment "/pst-odd-$PID" -Size 8
        try {
            { Copy-ShmData -Path /proc/self/maps -DestinationName $segment.Name -ErrorAction Stop } |
                Should -Throw -ErrorId 'NotSupportedByKind,*'
        }
        finally { Remove-ShmSegment $segment }
    }
}

Describe 'Copy-ShmData of memory with holes' {
    BeforeAll {
        function Get-Used { [long](stat -c '%b' $args[0]) * 512 }
        $other = "$file-other"
    }

    AfterEach { Remove-Item $file, $other -ErrorAction Ignore }

    It 'copies 100 GB in which two pages are, clears what was there, and gives nothing memory that needs none' {
        $from = New-ShmSegment $name -Size 100GB -Sparse -Mount
        $to = New-ShmSegment "$name-other" -Size 100GB -Sparse -Mount
        try {
            Write-ShmData $from 'one' -Offset 5GB
            Write-ShmData $from 'two' -Offset (99GB + 4094)
            Write-ShmData $to 'old' -Offset 50GB
            Copy-ShmData $from $to
            Get-Used $file | Should -Be 12KB
            Get-Used $other | Should -Be 16KB
            perl -e 'open F, "<", $ARGV[0]; for (5 << 30, 50 << 30, (99 << 30) + 4094) { seek F, $_, 0; read F, $b, 4; print unpack("H*", $b), " " }' $other |
                Should -Be '6f6e6500 00000000 74776f00 '
        }
        finally { $from, $to | Dismount-ShmSegment }
    }

    It 'moves them within one segment, <Where> the source' -ForEach @(
        @{ Where = 'behind'; Source = 0; Destination = 3GB + 10 }
        @{ Where = 'before'; Source = 3GB + 10; Destination = 0 }
    ) {
        $mapping = New-ShmSegment $name -Size 20GB -Sparse -Mount
        try {
            foreach ($at in 1GB, 3.5GB, 7GB) { Write-ShmData $mapping "from $at" -Offset ($Source + $at) }
            Copy-ShmData $mapping $mapping -Offset $Source -Length 10GB -DestinationOffset $Destination
            foreach ($at in 1GB, 3.5GB, 7GB) {
                Read-ShmData $mapping -As CString -Offset ($Destination + $at) | Should -Be "from $at"
            }
            Get-Used $file | Should -BeLessThan 100KB
        }
        finally { $mapping.Dispose() }
    }

    It 'writes a file with the same holes, and reads one' {
        $path = "$TestDrive/sparse"
        $mapping = New-ShmSegment $name -Size 100GB -Sparse -Mount
        try {
            Write-ShmData $mapping 'here' -Offset 5GB
            Copy-ShmData $mapping -DestinationPath $path
            (Get-Item $path).Length | Should -Be 100GB
            Get-Used $path | Should -BeLessThan 1MB
            Get-Used $file | Should -Be 4096

            Clear-ShmData $mapping
            Copy-ShmData -Path $path -Destination $mapping
            Read-ShmData $mapping -Offset 5GB -As CString | Should -Be 'here'
            Get-Used $file | Should -BeLessThan 1MB
        }
        finally { $mapping.Dispose() }
    }

    It 'overwrites what a file has where the memory has holes' {
        $path = "$TestDrive/full"
        perl -e 'print "\xEE" x 3000000' > $path
        $mapping = New-ShmSegment $name -Size 4MB -Sparse -Mount
        try {
            Write-ShmData $mapping 'here' -Offset 1MB
            Copy-ShmData $mapping -DestinationPath $path -DestinationOffset 100
            (Get-Item $path).Length | Should -Be (4MB + 100)
            cmp -i 0:100 $file $path | Should -BeNullOrEmpty
            (od -An -tx1 -j 98 -N 4 $path) | Should -Be ' ee ee 00 00'
        }
        finally { $mapping.Dispose() }
    }

    It 'never hangs on a device that answers anything' {
        $mapping = New-ShmSegment $name -Size 1MB -Sparse -Mount
        try { Copy-ShmData $mapping -DestinationPath /dev/null -DestinationOffset 0 }
        finally { $mapping.Dispose() }
    }
}
