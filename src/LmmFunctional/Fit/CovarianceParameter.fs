namespace LmmFunctional.Estimation

open System
open System.Collections.Immutable
open MathNet.Numerics.LinearAlgebra
open LmmFunctional
open LmmFunctional.Model

/// <summary>A parameter of a covariance structure, as it is usually written.</summary>
[<StructuredFormatDisplay("{Display}")>]
type CovarianceParameter = {
    /// The grouping factor of a random term, or Residual.
    Group: string
    /// rho, range, sd(VIS2), …; standard deviations of residuals are relative to σ, those of random effects are not.
    Name: string
    Estimate: float
    /// From the observed information by the delta method; None for what is held, at a bound, or not determined.
    StandardError: float option
} with

    member private this.Display =
        match this.StandardError with
        | Some error -> $"{this.Group} {this.Name}: {Display.number this.Estimate}, se {Display.number error}"
        | None -> $"{this.Group} {this.Name}: {Display.number this.Estimate}"

    /// Estimate and standard error in one line.
    override this.ToString() = this.Display

/// <summary>Estimates of the parameters of structures from the inner parameters of a fit.</summary>
[<RequireQualifiedAccess>]
module internal CovarianceParameters =

    /// H⁻¹ of the coordinates that may move, as a function of their places; None where H is not positive definite.
    let private inverse (curvature: Matrix) (isFixed: ImmutableArray<bool>) : Matrix<float> option =
        let k = isFixed.Length
        let free = [| 0 .. k - 1 |] |> Array.filter (fun i -> not isFixed[i])
        let result = Matrix<float>.Build.Dense(k, k)

        if free.Length = 0 then
            Some result
        // Where the criterion is not defined there is no curvature.
        elif curvature.Rows <> k then
            None
        else
            try
                let inverse =
                    Matrix<float>
                        .Build.Dense(free.Length, free.Length, fun i j -> curvature[free[i], free[j]])
                        .Cholesky()
                        .Solve(Matrix<float>.Build.DenseIdentity free.Length)

                for i in 0 .. free.Length - 1 do
                    for j in 0 .. free.Length - 1 do
                        result[free[i], free[j]] <- inverse[i, j]

                Some result
            with :? ArgumentException ->
                None

    /// <summary>Cov(θ̂, log σ̂), (k + 1)×(k + 1), from the observed curvature in the coordinates that are estimated.</summary>
    /// <remarks>Parameters that may not move or are held have no covariance. Where σ² is profiled out, log σ̂² moves with θ by
    /// its squares and has 2/d of its own.</remarks>
    let private covariance (likelihood: LogLikelihood) (point: ParameterPoint) curvature isFixed =
        let df = LogLikelihood.degreesOfFreedom likelihood

        inverse curvature isFixed
        |> Option.map (fun inverse ->
            let jacobian = HeldParameters.jacobian likelihood.Held point.Theta
            let k = point.Theta.Length
            let slopes = Matrix<float>.Build.DenseOfArray jacobian

            if likelihood.Held.IsProfiled then
                let squares =
                    Vector<float>.Build.DenseOfArray(LogLikelihood.squares likelihood point.Theta)

                // log σ is half of log σ².
                slopes.SetRow(
                    k,
                    -0.5
                    * (slopes.SubMatrix(0, k, 0, slopes.ColumnCount).TransposeThisAndMultiply squares)
                )

            let result = 2.0 * slopes * inverse * slopes.Transpose()

            if likelihood.Held.IsProfiled then
                result[k, k] <- result[k, k] + 0.5 / df

            result)

    let private finite value =
        if Double.IsFinite value && value > 0.0 then
            Some value
        else
            None

    /// <summary>The parameters of random terms with a form, and of the residuals; σ first among the latter.</summary>
    /// <param name="likelihood">The likelihood.</param>
    /// <param name="estimated">The coordinates of its function at the estimates.</param>
    /// <param name="sigma">The residual standard deviation.</param>
    /// <param name="curvature">The observed curvature at the estimates.</param>
    let create (likelihood: LogLikelihood) (estimated: ImmutableArray<float>) sigma (curvature: Matrix) =
        let layout = likelihood.Layout
        let point = LogLikelihood.pointAt likelihood estimated
        let theta = point.Theta
        let k = theta.Length
        let isFixed = (likelihood.Function.Boundary estimated).Fixed
        let covariance = lazy (covariance likelihood point curvature isFixed)

        let isHeld group name =
            likelihood.Held.Known.ContainsKey $"{group}.{name}"
            || (group = NamedParameters.residualName
                && name = "sigma"
                && likelihood.Held.Residual.IsSome)

        /// σ^power times a natural parameter, with its standard error.
        let parameter group name power start (natural: Jet) =
            let scale = pown sigma power
            let gradient = Vector<float>.Build.Dense(k + 1)

            for place in 0 .. natural.Support.Length - 1 do
                gradient[start + natural.Support[place]] <- scale * natural.First[place]

            gradient[k] <- float power * scale * natural.Value

            {
                Group = group
                Name = name
                Estimate = ParameterEnds.told (scale * natural.Value)
                StandardError =
                    (if isHeld group name then None else covariance.Value)
                    |> Option.bind (fun covariance -> finite (sqrt (gradient * (covariance * gradient))))
            }

        [
            for t, design in List.indexed likelihood.Model.Random do
                match layout.Forms[t] with
                | None -> ()
                | Some form ->
                    let own = ThetaLayout.parametersOf layout theta t
                    let natural = form.Natural(Jet.variables own)

                    for i in 0 .. natural.Length - 1 do
                        parameter design.Group form.Names[i] form.Powers[i] layout.ParameterStarts[t] natural[i]

            match RowDependence.tryWhole likelihood with
            | None -> ()
            | Some model ->
                let block = model.Residual.Parameters

                let natural =
                    block.Natural(Jet.variables (MarginalModel.residualParameters model theta))

                parameter "Residual" "sigma" 1 0 Jet.one

                for i in 0 .. natural.Length - 1 do
                    parameter "Residual" block.Names[i] 0 layout.Parameters natural[i]
        ]

    /// <summary>A direction of θ as one of the natural parameters: what changes along it, standard deviations and the like
    /// by their logarithms, proportions by their logits and correlations by Fisher's z.</summary>
    /// <remarks>θ may hold what a parameter depends on together with others, so that a parameter that does not matter is a
    /// direction of several θ.</remarks>
    let direction (likelihood: LogLikelihood) (theta: ImmutableArray<float>) (along: float[]) : float[] =
        let result = Array.copy along

        let put start (kinds: ParameterKind[]) (natural: Jet[]) =
            for i in 0 .. natural.Length - 1 do
                let change =
                    Seq.fold2
                        (fun sum place slope -> sum + slope * along[start + place])
                        0.0
                        natural[i].Support
                        natural[i].First

                let unit =
                    match kinds[i], natural[i].Value with
                    | (ParameterKind.StandardDeviation | ParameterKind.Positive | ParameterKind.Variance), value ->
                        value
                    | ParameterKind.Proportion, value -> value * (1.0 - value)
                    | ParameterKind.Correlation, value -> 1.0 - value * value
                    | _ -> 1.0

                result[start + i] <- if unit > 0.0 then change / unit else change

        for t in 0 .. likelihood.Layout.Forms.Length - 1 do
            match likelihood.Layout.Forms[t] with
            | None -> ()
            | Some form ->
                let own = ThetaLayout.parametersOf likelihood.Layout theta t
                put likelihood.Layout.ParameterStarts[t] form.Kinds (form.Natural(Jet.variables own))

        match RowDependence.tryWhole likelihood with
        | None -> ()
        | Some model ->
            let block = model.Residual.Parameters
            let own = MarginalModel.residualParameters model theta
            put likelihood.Layout.Parameters block.Kinds (block.Natural(Jet.variables own))

        result

    /// <summary>The group of a term with a standard deviation of another sign than its structure has correlations for.</summary>
    /// <remarks>A deviation that goes through zero turns the signs of its covariances: a matrix of ad1 stays one of ad1, one
    /// of csh for three effects or more is none any longer.</remarks>
    let reflected (likelihood: LogLikelihood) (theta: ImmutableArray<float>) : string option =
        let isReflected t (term: RandomDesign) =
            match likelihood.Layout.Forms[t], (Catalogue.modelOf term.Term.Structure).SharedPair with
            | Some form, Some sharedPair ->
                let own = ThetaLayout.parametersOf likelihood.Layout theta t
                let sign i = sign own[form.Deviations[i]]

                // What one correlation is shared by: all pairs, or those of a lag.
                let isShared i j =
                    match sharedPair i j with
                    | None -> true
                    | Some(struct (a, b)) -> sign i * sign j = sign a * sign b

                let n = form.Order
                let isZero = Seq.exists (fun i -> sign i = 0) (seq { 0 .. n - 1 })

                not isZero
                && Seq.exists (fun (i, j) -> i < j && not (isShared i j)) (Seq.allPairs [ 0 .. n - 1 ] [ 0 .. n - 1 ])
            | _ -> false

        likelihood.Model.Random
        |> List.indexed
        |> List.tryFind (fun (t, term) -> isReflected t term)
        |> Option.map (fun (_, term) -> term.Group)
