using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Vitrine.Tensors;

/// <summary>Finds the drivers' libraries, which are called otherwise on every system. Only the driver is needed, no toolkit.</summary>
internal static class DriverLibraries
{
    /// <summary>The name by which the OpenCL functions are declared.</summary>
    public const string OpenCl = "vitrine-opencl";

    /// <summary>The name by which the CUDA functions are declared.</summary>
    public const string Cuda = "vitrine-cuda";

    /// <summary>The file that is looked for on this system.</summary>
    public static string FileOf(string library) => Candidates(library)[0];

    /// <summary>Whether the driver is installed.</summary>
    public static bool IsPresent(string library)
    {
        foreach (string file in Candidates(library))
        {
            if (NativeLibrary.TryLoad(file, out nint handle))
            {
                NativeLibrary.Free(handle);
                return true;
            }
        }
        return false;
    }

    [ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255",
        Justification = "A resolver must be there before the first call into a driver.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(DriverLibraries).Assembly, Resolve);

    private static nint Resolve(string library, Assembly assembly, DllImportSearchPath? path)
    {
        foreach (string file in Candidates(library))
        {
            if (NativeLibrary.TryLoad(file, out nint handle))
            {
                return handle;
            }
        }
        return 0;
    }

    // The name without a version is there on developers' machines only.
    private static string[] Candidates(string library) => library switch
    {
        OpenCl when OperatingSystem.IsWindows() => ["OpenCL.dll"],
        OpenCl when OperatingSystem.IsMacOS() => ["/System/Library/Frameworks/OpenCL.framework/OpenCL"],
        OpenCl => ["libOpenCL.so.1", "libOpenCL.so"],
        Cuda when OperatingSystem.IsWindows() => ["nvcuda.dll"],
        Cuda => ["libcuda.so.1", "libcuda.so"],
        _ => [library],
    };
}
