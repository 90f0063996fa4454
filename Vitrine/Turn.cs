using Vitrine.Tensors;

namespace Vitrine;

/// <summary>The calls of one explainer take turns: each alone, and on the model's device.</summary>
/// <param name="device">Where the model lies.</param>
internal sealed class Turn(Device device)
{
    private readonly Lock _gate = new();
    private bool _isEnded;

    /// <summary>Where the model lies.</summary>
    public Device Device => device;

    /// <summary>Waits for the calls before, and begins one; disposing the scope ends it.</summary>
    /// <exception cref="ObjectDisposedException">The explainer is disposed.</exception>
    public Scope Enter()
    {
        ObjectDisposedException.ThrowIf(_isEnded, typeof(Explainer));
        return new(_gate.EnterScope(), Device.Use(device));
    }

    /// <summary>No call begins after this.</summary>
    public void End() => _isEnded = true;

    /// <summary>One call.</summary>
    internal readonly ref struct Scope
    {
        private readonly Lock.Scope _gate;
        private readonly Device.Scope _device;

        public Scope(Lock.Scope gate, Device.Scope device)
        {
            _gate = gate;
            _device = device;
        }

        public void Dispose()
        {
            _device.Dispose();
            _gate.Dispose();
        }
    }
}
