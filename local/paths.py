"""Where things are. Everything written goes below `.local/` and `.aws-sam/`."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / ".local"
LOGS = WORK / "logs"
STACK_FILE = WORK / "stack.json"
BUILD_LOCK = WORK / "build.lock"
PYTHON_BIN = ROOT / ".venv" / "bin"
SAM = WORK / "sam" / "bin" / "sam"
EMULATOR_PYTHON = WORK / "emulator" / "bin" / "python"
SAM_CONFIG = ROOT / "samconfig.toml"
DEMO_NETWORK = ROOT / "events" / "import_catalog" / "demo_network.json"
