namespace LmmFunctional.Estimation

/// <summary>Why a plan samples, in words.</summary>
[<RequireQualifiedAccess>]
module internal SamplingReason =

    let private gigabytes (bytes: float) =
        System.String.Format(System.Globalization.CultureInfo.InvariantCulture, "{0:0.0} GB", bytes / 1e9)

    let private seconds (value: float) =
        System.String.Format(System.Globalization.CultureInfo.InvariantCulture, "{0:G3} s", value)

    /// What the cheapest exact engine would need beside what there is.
    let create budget available (exact: PlanCandidate) (chosen: PlanCandidate) =
        let need =
            if exact.Bytes > available then
                $"an exact engine would need {gigabytes exact.Bytes} of memory where {gigabytes available} are free"
            else
                let asked = budget |> Option.map seconds |> Option.defaultValue "no limit"
                $"an exact fit would take about {seconds (Patience.ofFit exact)} where the budget is {asked}"

        $"Equations are solved by iteration and log determinants sampled, because {need}: {IterativeCandidate.probes} probes at first, "
        + "as many as keep the Monte-Carlo error of every covariance parameter below a tenth of its standard error; about "
        + $"{seconds (Patience.ofFit chosen)}. The certificate states that error."
