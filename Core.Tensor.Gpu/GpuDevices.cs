using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using ILGPU;
using ILGPU.Runtime.Cuda;
using ILGPU.Runtime.OpenCL;

namespace Vitrine.Tensors;

/// <summary>Finds the devices of this machine that ILGPU can use.</summary>
internal static class GpuDevices
{
    private static readonly Lazy<Context> s_context = new(() => Open(devices: true));

    /// <summary>ILGPU's context, made when it is first needed.</summary>
    public static Context Context => s_context.Value;

    /// <summary>The devices.</summary>
    public static IReadOnlyList<Device> Find() =>
    [
        .. Context.Devices.OfType<CudaDevice>().Select((device, i) => Describe($"ilgpu-cuda:{i}", device)),
        .. Context.Devices.OfType<CLDevice>().OrderBy(device => IsGpu(device) ? 0 : 1)
            .Select((device, i) => Describe($"ilgpu:{i}", device)),
    ];

    private static bool IsGpu(CLDevice device) => (device.DeviceType & CLDeviceType.CL_DEVICE_TYPE_GPU) != 0;

    private static Device Describe(string name, CudaDevice device) =>
        new(name, () => new IlgpuCuda(name, Context, device), string.Create(CultureInfo.InvariantCulture,
            $"{device.Name}, sm_{device.Architecture?.Major}{device.Architecture?.Minor}, {device.NumMultiprocessors} multiprocessors, "
            + $"{device.MemorySize / 1073741824.0:0.#} GB, CUDA driver {device.DriverVersion}"), isGpu: true);

    private static Device Describe(string name, CLDevice device) =>
        new(name, () => new IlgpuOpenCl(name, Context, device), string.Create(CultureInfo.InvariantCulture,
            $"{device.Name}, {device.NumMultiprocessors} compute units, {device.MemorySize / 1073741824.0:0.#} GB, "
            + $"{CLAPI.CurrentAPI.GetDeviceInfo(device.DeviceId, CLDeviceInfoType.CL_DEVICE_VERSION)}, driver "
            + $"{CLAPI.CurrentAPI.GetDeviceInfo(device.DeviceId, CLDeviceInfoType.CL_DRIVER_VERSION)}"), IsGpu(device));

    /// <summary>A context of ILGPU with the settings that kernels are written for.</summary>
    /// <param name="devices">Whether it looks for devices; text can be made without.</param>
    internal static Context Open(bool devices)
    {
        Context.Builder builder = Context.Create().Optimize(OptimizationLevel.O2).Inlining(InliningMode.Aggressive);
        return (devices ? builder.OpenCL(Accept).Cuda() : builder).ToContext();
    }

    // ILGPU looks for libOpenCL.so and libcuda.so, which are there on developers' machines only.
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "A resolver must be there before the first call into a driver.")]
    internal static void Register() => NativeLibrary.SetDllImportResolver(typeof(Context).Assembly, (library, _, _) =>
        OperatingSystem.IsLinux() && NativeLibrary.TryLoad($"lib{library}.so.1", out nint handle) ? handle : 0);

    /// <summary>ILGPU refuses devices without generic pointers; its kernels, compiled at O2 and explicitly grouped, have none.</summary>
    private static bool Accept(CLDevice device)
    {
        SetGenericAddressSpace(device.Capabilities, true);
        return true;
    }

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "set_GenericAddressSpace")]
    private static extern void SetGenericAddressSpace(CLCapabilityContext capabilities, bool value);
}
