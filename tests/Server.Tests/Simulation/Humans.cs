using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using Rekey.Aws;
using Rekey.Server.Identity;
using Rekey.Server.Protocols;
using Rekey.Server.SecretsManager;

namespace Rekey.Server.Tests.Simulation;

/// <summary>What people and their tools do meanwhile: calls of the API, and changes on the server by hand.</summary>
internal sealed class Humans(Simulation simulation, IServiceProvider services)
{
    private readonly Random _random = simulation.Random;
    private int _passwords;

    private World World => simulation.World;

    public void Act()
    {
        var secret = World.Secrets[_random.Next(World.Secrets.Count)];
        switch (_random.Next(24))
        {
            case < 10:
                Rotate(secret);
                break;
            case 10:
                Rotate(secret, immediately: false);
                break;
            case 11:
                Call<CancelRotateSecret, CancelRotateSecretRequest, CancelRotateSecretResponse>(
                    secret, new CancelRotateSecretRequest { SecretId = secret.Name });
                break;
            case 12:
                Call<DeleteSecret, DeleteSecretRequest, DeleteSecretResponse>(secret, new DeleteSecretRequest { SecretId = secret.Name });
                break;
            case < 15:
                foreach (var each in World.Secrets) Restore(each);
                break;
            case 15:
                PutValue(secret, isTrue: true);
                break;
            case 16:
                if (_random.Next(3) == 0) PutValue(secret, isTrue: false);
                break;
            case 17:
                MoveLabel(secret);
                break;
            default:
                Tamper(secret);
                break;
        }
    }

    public void Rotate(SimulatedSecret secret, bool immediately = true, bool anew = false)
    {
        Decided(secret.Username, secret.Twin);
        var isNew = anew || _random.Next(4) == 0;
        Call<RotateSecret, RotateSecretRequest, RotateSecretResponse>(secret, new RotateSecretRequest
        {
            SecretId = secret.Name,
            ClientRequestToken = NewToken(),
            RotationLambdaARN = isNew && World.Answering == World.Main ? secret.FunctionArn : null,
            RotateImmediately = immediately,
        });
    }

    /// <summary>Switches rotation on, with a schedule or without.</summary>
    public void Enable(SimulatedSecret secret)
    {
        var rules = _random.Next(3) switch
        {
            0 => null,
            1 => new RotationRules(null, Duration: "2h", ScheduleExpression: "rate(4 hours)"),
            _ => new RotationRules(null, Duration: null, ScheduleExpression: "rate(12 hours)"),
        };
        Call<RotateSecret, RotateSecretRequest, RotateSecretResponse>(secret, new RotateSecretRequest
        {
            SecretId = secret.Name,
            ClientRequestToken = NewToken(),
            RotationLambdaARN = secret.FunctionArn,
            RotationRules = rules,
            RotateImmediately = true,
        });
    }

    public void Restore(SimulatedSecret secret) =>
        Call<RestoreSecret, RestoreSecretRequest, RestoreSecretResponse>(secret, new RestoreSecretRequest { SecretId = secret.Name });

    /// <summary>Gives the account the password that the secret says it has.</summary>
    public void Repair(SimulatedSecret secret)
    {
        if (simulation.Prober.Views.Of(secret).CurrentLogin is not { } login) return;
        SetPassword(login.Username, login.Value);
        simulation.Prober.Check(isOutside: true);
        simulation.Trace($"human repairs {login.Username}");
    }

    /// <summary>What a rotation demands that finds AWSPENDING on a value for another user.</summary>
    public void TakePendingOff(SimulatedSecret secret)
    {
        var view = simulation.Prober.Views.Of(secret);
        if (view.Row is not null || view.Pending is null || view.Pending == view.Current) return;
        Call<UpdateSecretVersionStage, UpdateSecretVersionStageRequest, UpdateSecretVersionStageResponse>(
            secret,
            new UpdateSecretVersionStageRequest
            {
                SecretId = secret.Name,
                VersionStage = StagingLabels.Pending,
                RemoveFromVersionId = view.Pending,
            });
    }

    /// <summary>What a rotation demands that was enabled anew while its clone was current and had other rights.</summary>
    public void EqualizeRights(SimulatedSecret secret)
    {
        if (World.Main.Find(secret.Username) is not { } original || World.Main.Find(secret.Twin) is not { } clone) return;
        clone.Rights.Clear();
        clone.Rights.UnionWith(original.Rights);
        simulation.Trace($"human makes the rights of {clone.Name} equal");
    }

    public static Sensitive Value(SimulatedSecret secret, string username, string password)
    {
        var masterarn = secret.SuperuserArn is null ? "" : $",\"masterarn\":\"{secret.SuperuserArn}\"";
        return Sensitive.FromText(
            $"{{\"engine\":\"simulated\",\"host\":\"db\",\"username\":\"{username}\",\"password\":\"{password}\"{masterarn}}}");
    }

    private void PutValue(SimulatedSecret secret, bool isTrue)
    {
        if (simulation.Prober.Views.Of(secret).CurrentLogin is not { } login) return;
        Decided(login.Username);
        var password = NewPassword();
        var serverFirst = _random.Next(2) == 0;
        if (isTrue && serverFirst) SetPassword(login.Username, password);
        using var request = new PutSecretValueRequest
        {
            SecretId = secret.Name,
            ClientRequestToken = NewToken(),
            SecretString = Value(secret, login.Username, password),
        };
        Call<PutSecretValue, PutSecretValueRequest, PutSecretValueResponse>(secret, request);
        if (isTrue && !serverFirst) SetPassword(login.Username, password);
    }

    /// <summary>Who stores a value or starts its rotation asks for logins with it, refused ones too.</summary>
    private void Decided(params string[] usernames)
    {
        foreach (var account in World.Main.Accounts.Where(account => usernames.Contains(account.Name))) account.Refused = 0;
    }

    private void MoveLabel(SimulatedSecret secret)
    {
        var view = simulation.Prober.Views.Of(secret);
        var (label, from, to) = _random.Next(3) switch
        {
            0 => (StagingLabels.Current, view.Current, view.Previous),
            1 => (StagingLabels.Pending, view.Pending, null),
            _ => (StagingLabels.Pending, view.Pending, view.Previous),
        };
        if (from is null && to is null) return;
        if (label == StagingLabels.Current) Decided(secret.Username, secret.Twin);
        Call<UpdateSecretVersionStage, UpdateSecretVersionStageRequest, UpdateSecretVersionStageResponse>(
            secret,
            new UpdateSecretVersionStageRequest
            {
                SecretId = secret.Name,
                VersionStage = label,
                RemoveFromVersionId = from,
                MoveToVersionId = to,
            });
    }

    /// <summary>Changes made on the server itself.</summary>
    private void Tamper(SimulatedSecret secret)
    {
        var server = World.Main;
        var username = secret.Mode == Mode.Alternating && _random.Next(2) == 0 ? secret.Twin : secret.Username;
        if (server.Find(username) is not { } account) return;
        var right = $"right{_random.Next(6).ToString(CultureInfo.InvariantCulture)}";
        var what = _random.Next(8);
        simulation.Trace($"human tampers with {username}: {what}");
        account.TouchedAt = simulation.StepNumber;
        switch (what)
        {
            case 0 when username != World.SuperuserName:
                SetPassword(username, NewPassword());
                break;
            case 1 when username == secret.Twin:
                server.Drop(username);
                break;
            case 2 or 3 or 4:
                account.Rights.Add(right);
                break;
            case 5 or 6:
                account.Rights.Remove(right);
                break;
        }
    }

    private void SetPassword(string username, string password)
    {
        var account = World.Main.Find(username) ?? World.Main.Add(new SimulatedAccount(username));
        account.Passwords.Clear();
        account.Passwords.Add(password);
        account.IsLocked = false;
        account.Refused = 0;
        account.TouchedAt = simulation.StepNumber;
    }

    private void Call<TOperation, TRequest, TResponse>(SimulatedSecret secret, TRequest request)
        where TOperation : IOperation<TRequest, TResponse>
    {
        var name = typeof(TOperation).Name;
        var context = new RequestContext
        {
            Principal = Principal.Root(SimulatedSecret.Account, "AKIATESTROOTTESTROOT"),
            Region = SimulatedSecret.Region,
            RequestId = "00000000-0000-0000-0000-000000000000",
            Time = World.Clock.GetUtcNow(),
            Action = $"secretsmanager:{name}",
        };
        try
        {
            var operation = services.GetRequiredService<TOperation>();
            operation.InvokeAsync(request, context, CancellationToken.None).AsTask().GetAwaiter().GetResult();
            simulation.Trace($"human {name} {secret.Name}");
        }
        catch (ServiceException exception)
        {
            simulation.Trace($"human {name} {secret.Name}: {exception.Shape.Code}: {exception.Message}");
        }
        simulation.Prober.Check(isOutside: true);
        // No login is read for in the very moment of a decision about it.
        World.Clock.Advance(TimeSpan.FromMilliseconds(1));
    }

    private string NewToken()
    {
        var bytes = new byte[16];
        _random.NextBytes(bytes);
        return new Guid(bytes).ToString();
    }

    /// <summary>Long enough for every rule of the server.</summary>
    private string NewPassword() => $"set-by-hand-{++_passwords:D4}-0123456789-0123456789-0123456789-0123456789";
}
