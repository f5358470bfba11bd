namespace LmmFunctional.Cli

/// <summary>What the user wants done.</summary>
[<RequireQualifiedAccess>]
type Command =
    | Fit of FitRequest
    | Plan of PlanRequest
    | Anova of FixedTestRequest
    | Verify of VerifyRequest
    /// R² and intraclass correlations of a fit, for which is asked as for its identities.
    | Shares of VerifyRequest
    | VarianceTests of VarianceTestRequest
    | Intervals of IntervalRequest
    | Compare of ComparisonRequest
    | Ems of EmsRequest
    | AnovaTable of AnovaRequest
    | Emmeans of EmmeansRequest
    /// Predictions, diagnostics and the like.
    | Analysis of AnalysisRequest
    | ShowVersion
    | ShowHelp of text: string

/// <summary>Commands as asked for.</summary>
[<RequireQualifiedAccess>]
module Command =

    let private model reading (model: ModelRequest) = { model with Reading = reading }

    let private fit reading (fit: FitRequest) = {
        fit with
            FitRequest.Model = model reading fit.Model
    }

    /// The command with another way to read its data; None if it reads none.
    let tryWithReading reading command =
        match command with
        | Command.Fit request -> Some(Command.Fit(fit reading request))
        | Command.Plan request ->
            Some(
                Command.Plan {
                    request with
                        PlanRequest.Model = model reading request.Model
                }
            )
        | Command.Anova request ->
            Some(
                Command.Anova {
                    request with
                        FixedTestRequest.Fit = fit reading request.Fit
                }
            )
        | Command.Verify request ->
            Some(
                Command.Verify {
                    request with
                        VerifyRequest.Model = model reading request.Model
                }
            )
        | Command.Shares request ->
            Some(
                Command.Shares {
                    request with
                        VerifyRequest.Model = model reading request.Model
                }
            )
        | Command.VarianceTests request ->
            Some(
                Command.VarianceTests {
                    request with
                        VarianceTestRequest.Model = model reading request.Model
                }
            )
        | Command.Intervals request ->
            Some(
                Command.Intervals {
                    request with
                        IntervalRequest.Model = model reading request.Model
                }
            )
        | Command.Compare request ->
            Some(
                Command.Compare {
                    request with
                        ComparisonRequest.Model = model reading request.Model
                }
            )
        | Command.AnovaTable request -> Some(Command.AnovaTable { request with Reading = reading })
        | Command.Emmeans request ->
            Some(
                Command.Emmeans {
                    request with
                        EmmeansRequest.Fit = fit reading request.Fit
                }
            )
        | Command.Analysis request ->
            Some(
                Command.Analysis {
                    request with
                        AnalysisRequest.Fit = fit reading request.Fit
                }
            )
        | Command.Ems _
        | Command.ShowVersion
        | Command.ShowHelp _ -> None
