# Runs a script with the module loaded in a host process of its own: pwsh where there is one, else the console.
# -Through names a program, with its arguments, that starts the host: setpriv, unshare, strace, ... -Module is another
# folder of the module than the staged one.

function Invoke-ChildHost {
    param([string] $Script, [string[]] $Through = @(), [string] $Module = "$PSScriptRoot/../../out/PSSharedMemory")

    # A folder that every user can read and enter; the checkout may lie in a home that is closed.
    $root = [System.IO.Path]::GetFullPath("$PSScriptRoot/../..")
    $public = [System.IO.Directory]::CreateTempSubdirectory('pst-host-').FullName
    try {
        # Where the console looks for it too.
        mkdir "$public/out"
        cp -r $Module "$public/out/PSSharedMemory"
        [System.IO.File]::WriteAllText("$public/script.ps1", "Import-Module '$public/out/PSSharedMemory'`n$Script")
        if ($env:PATH.Split(':').Where{ [System.IO.File]::Exists("$_/pwsh") }) {
            $hostCommand = 'pwsh', '-NoProfile', '-NonInteractive', '-File', "$public/script.ps1"
        }
        else {
            $console = @([System.IO.Directory]::GetFiles("$root/src/PSSharedMemory.Console/bin", 'PSSharedMemory.Console.dll', 'AllDirectories'))
            cp -r ([System.IO.Path]::GetDirectoryName($console[0])) "$public/console"
            $hostCommand = 'dotnet', "$public/console/PSSharedMemory.Console.dll", "$public/script.ps1"
        }

        chmod -R a+rX $public
        & env "HOME=$public" "DOTNET_CLI_HOME=$public" POWERSHELL_TELEMETRY_OPTOUT=1 @Through @hostCommand
    }
    finally {
        [System.IO.Directory]::Delete($public, $true)
    }
}
