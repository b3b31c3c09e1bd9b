# Another C library lays out a robust mutex differently: such a queue or dictionary is refused, and says why.

BeforeDiscovery {
    $folders = $env:PATH -split ':'
    $noMusl = -not ($folders | Where-Object { Test-Path "$_/musl-gcc" })
}

BeforeAll {
    Import-Module "$PSScriptRoot/../../out/PSSharedMemory"
    $name = "/pst-musl-$PID"
    $native = "$PSScriptRoot/../native"
}

Describe 'A lock of another C library' -Tag Compiler -Skip:$noMusl {
    BeforeAll {
        musl-gcc -O1 -o "$TestDrive/musl" "$native/musl-queue.c"
        gcc -O1 -o "$TestDrive/glibc" "$native/musl-queue.c" -lpthread -lrt
    }

    AfterEach { Remove-Item "/dev/shm$name" -ErrorAction Ignore }

    It 'has its word at another byte' {
        & "$TestDrive/glibc" $name PSHMQ 1 8192 | Should -Be 0
        Remove-Item "/dev/shm$name"
        & "$TestDrive/musl" $name PSHMQ 3 8192 | Should -Be 4
    }

    It 'makes no <what> that is opened, with the tag <tag>' -ForEach @(
        @{ what = 'queue'; magic = 'PSHMQ'; tag = 3; open = { Get-ShmQueue $name -ErrorAction Stop } }
        @{ what = 'queue'; magic = 'PSHMQ'; tag = 3; open = { Send-ShmMessage $name 1 -ErrorAction Stop } }
        @{ what = 'queue'; magic = 'PSHMQ'; tag = 3; open = { Receive-ShmMessage $name -ErrorAction Stop } }
        @{ what = 'queue'; magic = 'PSHMQ'; tag = 3
            open = { New-ShmQueue $name 4KB -AllowExisting -ErrorAction Stop } }
        @{ what = 'dictionary'; magic = 'PSHMD'; tag = 3; open = { Get-ShmDictionary $name -ErrorAction Stop } }
        # One that says it were glibc's: its bytes say that it is not.
        @{ what = 'queue'; magic = 'PSHMQ'; tag = 1; open = { Get-ShmQueue $name -ErrorAction Stop } }
        @{ what = 'dictionary'; magic = 'PSHMD'; tag = 1; open = { Get-ShmDictionary $name -ErrorAction Stop } }
    ) {
        $null = & "$TestDrive/musl" $name $magic $tag 8192
        $failure = $open | Should -Throw -ErrorId 'InvalidStructure,*' -PassThru
        $failure.Exception.Message | Should -Match ($tag -eq 3 ? 'another C library' : 'lock at offset 64')
    }

    It 'is what the glibc program would have been' {
        $isArm = [Runtime.InteropServices.RuntimeInformation]::ProcessArchitecture -eq 'Arm64'
        $null = & "$TestDrive/glibc" $name PSHMQ ($isArm ? 2 : 1) 8192
        Send-ShmMessage $name 'fits'
        Receive-ShmMessage $name -TimeoutSec 5 | Should -Be 'fits'
    }

    It 'is told by the header at once: it does not compile there' {
        Set-Content "$TestDrive/h.c" "#include `"pssharedmemory.h`"`nint main(void) { return 0; }"
        $said = musl-gcc "-I$native/../../include" -o "$TestDrive/h" "$TestDrive/h.c" 2>&1 | Out-String
        $LASTEXITCODE | Should -Not -Be 0
        $said | Should -Match 'another C library lays them out differently'
    }
}
