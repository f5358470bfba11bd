namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional.Numerics

/// <summary>A start for the parameters of autoregressive fields from the autocovariances of least squares residuals.</summary>
/// <remarks>Noise and effects that follow no field add to lag zero only: γ(2)/γ(1) is ρ and γ(1)/ρ the variance of the process.
/// Without a nugget ρ is γ(1) over what the effects leave of γ(0). Rough on purpose: it only saves the first steps.</remarks>
[<RequireQualifiedAccess>]
module internal SeparableStart =

    // Nearer to a bound steps are slow to come away from it.
    let private lowestRho, highestRho = 0.1, 0.95
    let private lowestNugget, highestNugget = 0.05, 0.9

    // Less of γ(0) at lag one says nothing of a process.
    let private noticeable = 0.05

    /// y − Xβ of least squares; None where that cannot be computed.
    let private residuals (model: SeparableModel) : float[] option =
        let n, columns = model.Rows, model.DataColumns
        let p = columns - 1

        let factor =
            Dense.Multiply(columns, columns, n, model.Data, true, model.Data, false)

        if Small.Cholesky(columns, factor, 0) then
            let beta: float[] = Array.zeroCreate columns
            beta[p] <- -1.0

            for i in p - 1 .. -1 .. 0 do
                let mutable sum = factor[p + i * columns]

                for k in i + 1 .. p - 1 do
                    sum <- sum - factor[k + i * columns] * beta[k]

                beta[i] <- sum / factor[i + i * columns]

            Some(Dense.Multiply(n, 1, columns, model.Data, false, beta, false))
        else
            None

    /// The mean product of residuals of cells so far apart along an axis, plots that are missing left out.
    let private autocovariance (grid: FieldGrid) (cells: float[]) axis lag =
        let mutable sum = 0.0
        let mutable count = 0

        FieldGrid.lines grid axis (fun length start stride ->
            for i in 0 .. length - 1 - lag do
                let product = cells[start + i * stride] * cells[start + (i + lag) * stride]

                if not (System.Double.IsNaN product) then
                    sum <- sum + product
                    count <- count + 1)

        if count = 0 then 0.0 else sum / float count

    /// What the random terms add to the variance of a row, in units of σ², at their start.
    let private share (model: SeparableModel) (theta: ImmutableArray<float>) =
        let lambdas = (SeparablePoint.create model theta).Lambdas
        let mutable sum = 0.0

        for row in 0 .. model.Rows - 1 do
            for t in 0 .. lambdas.Length - 1 do
                let first = row * model.Width + model.Offsets[t]
                let size = model.Offsets[t + 1] - model.Offsets[t]

                for c in 0 .. size - 1 do
                    let mutable loading = 0.0

                    for k in 0 .. size - 1 do
                        loading <- loading + model.Loadings[first + k] * lambdas[t].[k + c * size]

                    sum <- sum + loading * loading

        sum / float model.Rows

    /// <summary>θ with other parameters of the residuals where the data say something of them.</summary>
    let improve (model: SeparableModel) (theta: ImmutableArray<float>) : ImmutableArray<float> =
        match residuals model with
        | None -> theta
        | Some residuals ->
            let grid = model.Grid
            let first = model.Marginal.Layout.Parameters
            let cells: float[] = Array.create grid.Cells nan
            grid.CellOfRow |> Array.iteri (fun row cell -> cells[cell] <- residuals[row])
            let total = (residuals |> Array.sumBy (fun e -> e * e)) / float residuals.Length

            // What the random terms leave.
            let variance = total / (1.0 + share model theta)

            // ρ and the variance of the process, by axis.
            let found =
                Array.init grid.Axes (fun axis ->
                    let near, far = autocovariance grid cells axis 1, autocovariance grid cells axis 2

                    if near > noticeable * total then
                        let rho =
                            (if model.HasNugget then far / near else near / variance)
                            |> max lowestRho
                            |> min highestRho

                        Some(rho, near / rho)
                    else
                        None)

            let builder = theta.ToBuilder()

            found
            |> Array.iteri (fun axis estimate ->
                estimate
                |> Option.bind (fst >> Unconstrained.ofCorrelation)
                |> Option.iter (fun tau -> builder[first + axis] <- tau))

            match Array.choose id found with
            | [||] -> ()
            | estimates when model.HasNugget ->
                1.0 - (estimates |> Array.averageBy snd) / variance
                |> max lowestNugget
                |> min highestNugget
                |> Unconstrained.ofProportion
                |> Option.iter (fun tau -> builder[first + grid.Axes] <- tau)
            | _ -> ()

            builder.ToImmutable()
