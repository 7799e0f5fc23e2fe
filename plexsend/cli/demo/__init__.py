"""The demo: the main job on this machine, played with a stand-in gateway and watched."""

from plexsend.cli.demo.command import demo

__all__ = ["demo"]
